"""Presets that were packed as .zip files."""

import shutil
import stat
import zipfile
from pathlib import Path, PurePosixPath

from rnn_zoo.atomic_write import atomic_write
from rnn_zoo.errors import PresetError
from rnn_zoo.presets.files import MAX_BYTES

CHUNK = 2**20


def unpack(archive: Path, folder: Path, where: str) -> None:
    """Unpack a preset: its own files and no others, each within its size.

    Args:
        archive: the .zip file. The preset's files stand at its top or in one folder.
        folder: the folder to make.
        where: what to call the archive in an error.

    Raises:
        PresetError: it is no .zip file, is damaged, or holds anything else.
    """
    try:
        with zipfile.ZipFile(archive) as zipped:
            members = _members(zipped, where)
            with atomic_write(folder) as draft:
                draft.mkdir(parents=True)
                for name, member in members.items():
                    with zipped.open(member) as source, (draft / name).open("wb") as target:
                        shutil.copyfileobj(source, target, CHUNK)
    except (zipfile.BadZipFile, NotImplementedError, EOFError, RuntimeError) as error:
        raise PresetError(f"{where} is damaged or no .zip file: {error}.") from None


def _members(zipped: zipfile.ZipFile, where: str) -> dict[str, zipfile.ZipInfo]:
    """The files of the preset by their names."""
    members: dict[str, zipfile.ZipInfo] = {}
    folders = set()
    for member in zipped.infolist():
        if member.is_dir():
            continue
        path = PurePosixPath(member.filename)
        is_link = stat.S_ISLNK(member.external_attr >> 16)
        if is_link or path.is_absolute() or ".." in path.parts or len(path.parts) > 2:
            raise PresetError(f"{where}: {member.filename[:100]} is no file of a preset.")
        if path.name not in MAX_BYTES or path.name in members:
            raise PresetError(f"{where}: {member.filename[:100]} is no file of a preset.")
        if member.file_size > MAX_BYTES[path.name]:
            raise PresetError(
                f"{where}: {path.name} would have {member.file_size:,} bytes, more than the "
                f"{MAX_BYTES[path.name]:,} that it may have."
            )
        members[path.name] = member
        folders.add(path.parent)
    if len(folders) != 1:
        raise PresetError(f"{where} holds no preset: its files stand at the top or in one folder.")
    return members
