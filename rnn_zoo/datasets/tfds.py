"""Examples from TensorFlow Datasets, by name."""

import contextlib
import difflib
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
from absl import logging

from rnn_zoo.datasets.columns import Columns, find_columns
from rnn_zoo.datasets.examples import Examples
from rnn_zoo.datasets.origin import Origin
from rnn_zoo.datasets.schema import ExampleSchema, Part
from rnn_zoo.datasets.splits import SPLIT_NAMES, Splits
from rnn_zoo.datasets.summary import combined
from rnn_zoo.datasets.text import decode
from rnn_zoo.errors import DataError

PROBE_SECONDS = 5


def read_tfds(
    name: str,
    schema: ExampleSchema,
    columns: Columns,
    encoding: str,
    data_dir: str | Path | None,
) -> Splits | None:
    """Load a TFDS data set; one that is not prepared yet is downloaded and prepared first.

    Args:
        name: as TFDS writes it: `"name"`, `"name/config"` or `"name:version"`.
        schema: what an example consists of.
        columns: names of the features of input and target, `"outer/inner"` for nested ones. None:
            the set's own supervised keys, else the usual names.
        encoding: how the texts are written.
        data_dir: where TFDS keeps its data; None: `TFDS_DATA_DIR`, else TFDS' default.

    Returns:
        The parts that TFDS calls train, validation (or valid, val, dev) and test, or None if TFDS
        has no data set of that name. The numbers of a `ClassLabel` become its names. A part whose
        labels are all hidden (-1) is left out.

    Raises:
        DataError: the data cannot be reached or built, a feature is missing, or no part is there.
    """
    with _quiet():
        builder = _builder(name, data_dir)
        if builder is None:
            return None
        features = _find_features(builder, schema, columns, name)
        if not builder.is_prepared():
            _prepare(builder, name)
        parts = {
            SPLIT_NAMES[split]: _read_split(builder, split, schema, features, encoding)
            for split in builder.info.splits
            if split in SPLIT_NAMES
        }
    labeled = {split: part for split, part in parts.items() if part is not None}
    if not labeled:
        raise DataError(
            f"{name}: TFDS has no train, validation or test split with labels for it, "
            f"only {', '.join(builder.info.splits)}."
        )
    return combined(labeled, schema)


def fitting_schemas(
    name: str, schemas: Mapping[str, ExampleSchema], columns: Columns, data_dir: str | Path | None
) -> list[str] | None:
    """The names of those schemas whose examples a TFDS data set has, by its features.

    None where TFDS has no data set of that name.
    """
    with _quiet():
        builder = _builder(name, data_dir)
    if builder is None:
        return None
    fitting = []
    for key, schema in schemas.items():
        try:
            _, target = _find_features(builder, schema, columns, name)
        except DataError:
            continue
        features = dict(_flatten(builder.info.features))
        if schema.has_classes and _is_text(features[str(target)]):
            continue  # a translation, for example: what it holds would be a class each
        fitting.append(key)
    return fitting


def _is_text(feature: Any) -> bool:
    return bool(np.dtype(feature.np_dtype) == np.object_)


def tfds_names() -> list[str]:
    """The names of all data sets that the installed TFDS can build."""
    import tensorflow_datasets as tfds

    return sorted(set(tfds.list_builders(with_community_datasets=False)))


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Standard output is for results, and a progress bar for terminals."""
    import tensorflow_datasets as tfds

    verbosity = logging.get_verbosity()
    logging.set_verbosity(logging.ERROR)
    if not sys.stderr.isatty():
        tfds.disable_progress_bar()
    try:
        with contextlib.redirect_stdout(sys.stderr):
            yield
    finally:
        logging.set_verbosity(verbosity)


def _builder(name: str, data_dir: str | Path | None) -> Any | None:
    import tensorflow_datasets as tfds

    try:
        return tfds.builder(name, data_dir=data_dir)
    except tfds.core.DatasetNotFoundError:
        return None
    except Exception as error:  # a builder's own code runs here, and may raise anything
        base, _, config = name.partition(":")[0].partition("/")
        configs = list(tfds.builder_cls(base).builder_configs) if config else []
        if config not in ("", *configs):
            close = difflib.get_close_matches(config, configs, n=5, cutoff=0)
            raise DataError(
                f"{name}: {base} has no config {config!r} in TFDS"
                + (f"; it has {', '.join(close)}." if close else ": it has none.")
            ) from None
        raise DataError(f"{name}: TFDS refuses it: {_first_line(error)}") from error


def _find_features(
    builder: Any, schema: ExampleSchema, columns: Columns, name: str
) -> tuple[str, str | None]:
    """Paths of the input and of the target, None where there is none, among the features."""
    import tensorflow_datasets as tfds

    features = dict(sorted(_flatten(builder.info.features)))
    shape = (None,) if schema.is_sequence else ()
    fitting = [path for path, feature in features.items() if feature.shape == shape]
    strings = [path for path in fitting if _is_text(features[path])]
    classes = [
        path for path in fitting if isinstance(_single(features[path]), tfds.features.ClassLabel)
    ]
    input, target = columns
    keys = builder.info.supervised_keys
    if keys and len(keys) == 2 and keys[0] in strings and keys[1] in fitting:
        input, target = input or keys[0], target or keys[1]
    # Where there is one text, or one class label, its name does not matter.
    if input is None and len(strings) == 1:
        input = strings[0]
    if schema.target is None:
        target = None
    elif target is None and len(classes) == 1:
        target = classes[0]
    input, target = find_columns(schema.input, schema.target, list(features), (input, target), name)
    allowed = [(input, schema.input, strings)]
    if target is not None and schema.target is not None:
        allowed.append((target, schema.target, fitting))
    for path, column, paths in allowed:
        if path not in paths:
            raise DataError(
                f"{name}: {path!r} is no {column.role}; what may be: {', '.join(paths) or 'none'}."
            )
    return input, target


def _single(feature: Any) -> Any:
    """The feature of one element of a sequence."""
    return getattr(feature, "feature", feature)


def _flatten(features: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    import tensorflow_datasets as tfds

    for key, feature in features.items():
        if isinstance(feature, tfds.features.FeaturesDict):
            yield from _flatten(feature, f"{prefix}{key}/")
        else:
            yield f"{prefix}{key}", feature


def _prepare(builder: Any, name: str) -> None:
    """Download and prepare; fail in seconds where there is no way to the data."""
    urls = dict(builder.url_infos or {})
    missing = _not_downloaded(builder, urls)
    unreachable = _unreachable(missing)
    advice = (
        f"Prepare it where there is a network (tfds build {name}) and name the folder that holds "
        "it with --data-dir (data_dir=... in Python) or TFDS_DATA_DIR."
    )
    # A builder with configs lists the files of them all: with some there, the right ones may be.
    if unreachable and len(missing) == len(urls):
        raise DataError(
            f"{name}: a TFDS data set that is not in {builder.data_dir_root}, and "
            f"{unreachable} cannot be reached to download it. {advice}"
        )
    try:
        with _no_retries() if unreachable else contextlib.nullcontext():
            builder.download_and_prepare()
    except Exception as error:  # a builder's own code runs here, and may raise anything
        reason = _first_line(error)
        raise DataError(f"{name}: TFDS could not prepare it: {reason} {advice}") from error


def _not_downloaded(builder: Any, urls: dict[str, Any]) -> list[str]:
    from tensorflow_datasets.core.download import resource

    downloads = Path(builder.data_dir_root) / "downloads"
    there = {path.name for path in downloads.glob("*")}
    there |= {path.name for path in (downloads / builder.name).rglob("*")}
    return [url for url in urls if resource.get_dl_fname(url, urls[url].checksum) not in there]


def _unreachable(urls: list[str]) -> str | None:
    """The hosts of `urls`, if none of them answers."""
    hosts = {urlsplit(url).netloc: url for url in urls}
    if not hosts:
        return None
    with ThreadPoolExecutor(max_workers=16) as pool:
        if any(pool.map(_answers, hosts.values())):
            return None
    more = f" and {len(hosts) - 3} more" if len(hosts) > 3 else ""
    return ", ".join(list(hosts)[:3]) + more


def _answers(url: str) -> bool:
    import requests

    try:
        requests.head(url, timeout=PROBE_SECONDS, allow_redirects=True)
    except (requests.ConnectionError, requests.Timeout):
        return False
    except requests.RequestException:  # not for us to judge (ftp): TFDS has other means
        return True
    return True


@contextlib.contextmanager
def _no_retries() -> Iterator[None]:
    """TFDS waits for minutes between ten attempts; a host that did not answer gets one."""
    from tensorflow_datasets.core.download import downloader

    retries = downloader.MAX_RETRIES
    downloader.MAX_RETRIES = 0
    try:
        yield
    finally:
        downloader.MAX_RETRIES = retries


def _read_split(
    builder: Any, split: str, schema: ExampleSchema, paths: tuple[str, str | None], encoding: str
) -> Part | None:
    """The examples of a split; None where all labels are hidden."""
    import tensorflow_datasets as tfds

    dataset = builder.as_dataset(
        split=split, decoders=tfds.decode.PartialDecoding(_nested(filter(None, paths)))
    )

    def where(row: int) -> str:
        return f"{builder.info.full_name}, {split} example {row}"

    features = dict(_flatten(builder.info.features))
    origin = Origin(tuple(path for path in features if path not in paths))
    read: tuple[list[Any], list[Any]] = ([], [])
    for row, example in enumerate(tfds.as_numpy(dataset)):
        for path, column in zip(paths, read, strict=True):
            if path is not None:
                feature = _single(features[path])
                column.append(_plain(_at(example, path), feature, encoding, where(row)))
    inputs = schema.input.read(read[0], where)
    if schema.target is None:
        return Part(Examples(inputs), paths, where, origin)
    if read[1] and all(value is None for value in _each_label(read[1])):
        return None
    return Part(Examples(inputs, schema.target.read(read[1], where)), paths, where, origin)


def _nested(paths: Iterable[str]) -> dict[str, Any]:
    """`{"outer": {"inner": True}}` of `"outer/inner"`."""
    tree: dict[str, Any] = {}
    for path in paths:
        *outer, inner = path.split("/")
        section = tree
        for key in outer:
            section = section.setdefault(key, {})
        section[inner] = True
    return tree


def _each_label(targets: list[Any]) -> Iterator[Any]:
    for target in targets:
        yield from target if isinstance(target, list) else [target]


def _plain(value: Any, feature: Any, encoding: str, where: str) -> object:
    """A value as a plain Python one; None for the number of a hidden label."""
    import tensorflow_datasets as tfds

    if isinstance(value, np.ndarray):
        return [_plain(element, feature, encoding, where) for element in value]
    if isinstance(feature, tfds.features.ClassLabel):
        return feature.names[value] if value >= 0 else None
    return decode(value, encoding, where) if isinstance(value, bytes) else value.item()


def _at(example: Mapping[str, Any], path: str) -> Any:
    value: Any = example
    for key in path.split("/"):
        value = value[key]
    return value


def _first_line(error: Exception) -> str:
    context = r'Failed to construct dataset ".*?", builder_kwargs ".*?": '
    lines = re.sub(context, "", str(error)).strip().splitlines()
    return f"{type(error).__name__}: {lines[0].rstrip('.')}." if lines else type(error).__name__
