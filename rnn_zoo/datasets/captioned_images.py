"""Images with captions in local files."""

import json
import zipfile
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from rnn_zoo.datasets.columns import Columns
from rnn_zoo.datasets.examples import Examples
from rnn_zoo.datasets.files import part_sources
from rnn_zoo.datasets.formats import FORMATS, read_table
from rnn_zoo.datasets.origin import Origin
from rnn_zoo.datasets.paths import listing, suffix_of, unpacked, visible
from rnn_zoo.datasets.reading import DAMAGES, AnyPath, reason
from rnn_zoo.datasets.schema import ExampleSchema
from rnn_zoo.datasets.splits import SPLIT_NAMES, Splits
from rnn_zoo.datasets.text import read_text
from rnn_zoo.datasets.values import captions_of
from rnn_zoo.errors import DataError, shortened

CAPTIONS = "captions.json"
LAYOUTS = (
    '{"train": {"a.jpg": ["a caption", ...], ...}, ...}, or COCO\'s {"images": [{"id": ..., '
    '"file_name": ..., "split": ...}], "annotations": [{"image_id": ..., "caption": ...}]}'
)
PARTS = ("train", "validation", "test")
Entry = tuple[str, str, list[str]]
"""A part, the name of an image's file, and its captions."""


def read_captioned_images(
    path: Path, schema: ExampleSchema, columns: Columns, encoding: str
) -> Splits:
    """Read a `captions.json`, or tables of images and captions, and find the images.

    The file holds `{part: {file: [captions]}}`, or what COCO calls images and annotations, with a
    key `split` beside the id of each image where there are several parts. A table of any format has
    a column of images' files and one of captions, a row a caption or a list of them in a row; it is
    the training part, or named after one. Images are looked for, by path or by name alone, in the
    folder, in the folders below it, and in .zip files in it. A blank caption, as public data sets
    have some, is left out.

    Args:
        path: the file, the folder that holds it, or a .zip file of such a folder.
        schema: of captioned images.
        columns: of images and captions in a table.
        encoding: how the file is written.

    Returns:
        The parts, each with a list of captions for each image. An image is a path, or the bytes of
        a file where it stands in a .zip file.

    Raises:
        DataError: there is no such file, it has another layout, or images are missing; the message
            counts them and names the first.
    """
    root = unpacked(path)
    file = root / CAPTIONS if root.is_dir() else root
    if file.is_file() and (file.name == CAPTIONS or suffix_of(file) not in FORMATS):
        if columns != (None, None):
            raise DataError(f"{path}: a {CAPTIONS} has no columns to name.")
        entries = list(_entries(_parse_captions(read_text(file, encoding), str(file)), str(file)))
        origin = Origin(encoding=encoding)
    else:
        entries, columns, origin = _table_entries(root, schema, columns, encoding)
    # A file on a disk may be the argument itself; one in a .zip file stands in its root.
    images = _images(root if root.is_dir() else path.parent, {name for _, name, _ in entries}, file)
    parts: dict[str, tuple[list[Any], list[list[str]]]] = defaultdict(lambda: ([], []))
    for part, name, captions in entries:
        parts[part][0].append(images[name])
        parts[part][1].append(captions)
    if not parts:
        raise DataError(f"{file}: holds no images.")
    made = {name: Examples(*values) for name, values in parts.items()}
    return Splits(
        made.get("train"),
        made.get("validation"),
        made.get("test"),
        columns=schema.named(columns),
        origin=origin,
    )


def _parse_captions(content: str, where: str) -> Any:
    try:
        parsed = json.loads(content)
        json.dumps(parsed, ensure_ascii=False).encode()
    except json.JSONDecodeError as error:
        raise DataError(f"{where}, line {error.lineno}: is not JSON: {error.msg}.") from None
    except (ValueError, RecursionError) as error:
        cause = "it is nested too deep" if isinstance(error, RecursionError) else reason(error)
        raise DataError(f"{where}: cannot be read: {cause}.") from None
    return parsed


def _table_entries(
    root: AnyPath, schema: ExampleSchema, columns: Columns, encoding: str
) -> tuple[list[Entry], Columns, Origin]:
    """The entries of tables, an image's captions together, and how the first is written."""
    files = part_sources(root) if root.is_dir() else {}
    tables = {
        part: [file for file in entries if suffix_of(file) in FORMATS]
        for part, entries in sorted(files.items(), key=lambda item: PARTS.index(item[0]))
    }
    if not any(tables.values()):
        entries = visible(root) if root.is_dir() else [root]
        tables = {"train": [file for file in entries if suffix_of(file) in FORMATS]}
    if not any(tables.values()):
        raise DataError(
            f"{root}: holds no {CAPTIONS}. It should be {LAYOUTS}; or a table "
            f"({', '.join(FORMATS)}) with the columns image and caption."
        )
    made: list[Entry] = []
    taken: tuple[Columns, Origin] | None = None
    for part, sources in tables.items():
        if len(sources) > 1:
            raise DataError(f"{root}: holds {listing(sources)}: one table is the {part} part.")
        for file in sources:
            examples, found_columns, _, origin = schema.read(read_table(file, encoding), columns)
            taken = taken or (found_columns, origin)
            captions: dict[str, list[str]] = defaultdict(list)
            for name, texts in zip(examples.inputs, examples.targets or (), strict=True):
                captions[name] += texts
            made += [(part, name, texts) for name, texts in captions.items()]
    return made, *(taken or (columns, Origin()))


def _entries(content: Any, where: str) -> Iterator[Entry]:
    if not isinstance(content, dict):
        raise DataError(f"{where}: should be {LAYOUTS}.")
    if isinstance(content.get("images"), list) and isinstance(content.get("annotations"), list):
        yield from _coco_entries(content, where)
        return
    for split, files in content.items():
        if not isinstance(files, dict):
            raise DataError(
                f"{where}: {shortened(split)} should hold {{file: [captions]}}, or be COCO's."
            )
        for name, captions in files.items():
            here = f"{where}, {split}, {name}"
            yield _part(split, where), name, captions_of(captions, here)


def _coco_entries(content: dict[str, Any], where: str) -> Iterator[Entry]:
    captions = defaultdict(list)
    try:
        for annotation in content["annotations"]:
            captions[annotation["image_id"]].append(annotation["caption"])
        for image in content["images"]:
            name = image["file_name"]
            split = _part(image.get("split", "train"), where)
            yield split, name, captions_of(captions[image["id"]], f"{where}, {name}")
    except (KeyError, TypeError, AttributeError) as error:
        raise DataError(f"{where}: an image or an annotation lacks {error}: {LAYOUTS}.") from None


def _part(split: object, where: str) -> str:
    if not isinstance(split, str) or split not in SPLIT_NAMES:
        raise DataError(
            f"{where}: {shortened(split)} is no part: there are {', '.join(SPLIT_NAMES)}."
        )
    return SPLIT_NAMES[split]


def _images(root: AnyPath, names: set[str], captions: AnyPath) -> dict[str, Path | bytes]:
    """The images of these names: paths, or the bytes of members of a .zip file."""
    by_path: dict[str, Any] = {}
    by_name = defaultdict(list)
    for relative, source in _files(root):
        by_path.setdefault(relative, source)
        by_name[relative.rpartition("/")[2]].append(source)
    images: dict[str, Path | bytes] = {}
    missing = []
    for name in sorted(names):
        sources = [by_path[name]] if name in by_path else by_name[name.rpartition("/")[2]]
        if len(sources) > 1:
            raise DataError(f"{captions}: {name} stands in several folders: write the path to it.")
        if sources:
            archive, member = sources[0]
            images[name] = member if archive is None else _read_image(archive, member)
        else:
            missing.append(name)
    if missing:
        raise DataError(
            f"{captions}: {len(missing)} of {len(names)} images are missing: "
            f"{', '.join(missing[:3])}{', ...' if len(missing) > 3 else ''}. They are looked for "
            "in the folder of this file, below it, and in .zip files beside it."
        )
    return images


def _files(root: AnyPath) -> Iterator[tuple[str, tuple[zipfile.ZipFile | None, Any]]]:
    """Every file below `root` and in the .zip files in it, by its path relative to it."""
    if isinstance(root, zipfile.Path):
        yield from _members(root.root, root.at)
        return
    for path in root.rglob("*"):
        if path.is_file():
            yield path.relative_to(root).as_posix(), (None, path)
    for path in sorted(root.glob("*.zip")):
        archive = unpacked(path)
        assert isinstance(archive, zipfile.Path)
        yield from _members(archive.root, archive.at)


def _members(archive: zipfile.ZipFile, within: str) -> Iterable[tuple[str, Any]]:
    members = (name for name in archive.namelist() if name.startswith(within))
    return ((name.removeprefix(within), (archive, name)) for name in members)


def _read_image(archive: zipfile.ZipFile, member: str) -> bytes:
    try:
        return archive.read(member)
    except DAMAGES as error:
        raise DataError(f"{archive.filename}, {member}: cannot be read: {reason(error)}.") from None
