"""Writes the Parquet files of crates/doubleback-data/tests/fixtures/parquet, and the seeds of the fuzz target `parquet`.

    python -m pip install datasets==5.2.0 pyarrow==26.0.1 pillow==13.0.0 && python scripts/make-parquet-fixtures.py

Images are 8x8 PNGs; the byte of a pixel is (7 image + 31 channel + 5 row + column) mod 251, the label of an image its number mod 3. Files hf-*.parquet are
written by `datasets`, the others by pyarrow, which says nothing of pictures and classes.
"""

import io
import pathlib
import shutil
import tempfile

import datasets
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from datasets import ClassLabel, Dataset, Features, Image
from PIL import Image as Pillow

ROOT = pathlib.Path(__file__).resolve().parent.parent
OUT = ROOT / "crates/doubleback-data/tests/fixtures/parquet"
SEEDS = ROOT / "fuzz/seeds/parquet"
SIDE = 8
CLASSES = ["ant", "bee", "cat"]


def pixels(image, channels=3):
    channel, row, column = np.meshgrid(np.arange(channels), np.arange(SIDE), np.arange(SIDE), indexing="ij")
    values = (7 * image + 31 * channel + 5 * row + column) % 251
    values = values.astype(np.uint8).transpose(1, 2, 0)
    return values[:, :, 0] if channels == 1 else values


def png(image, channels=3):
    file = io.BytesIO()
    Pillow.fromarray(pixels(image, channels)).save(file, "png")
    return file.getvalue()


def with_datasets():
    features = Features(image=Image(), label=ClassLabel(names=CLASSES))

    def make(images, labels, features=features, columns=("image", "label")):
        return Dataset.from_dict(dict(zip(columns, [images, labels])), features=features)

    train = make([pixels(image) for image in range(18)], [image % 3 for image in range(18)])
    for shard in range(2):
        train.shard(2, shard, contiguous=True).to_parquet(OUT / f"hf-train-{shard}.parquet")
    make([pixels(image) for image in range(18, 24)], [image % 3 for image in range(18, 24)]).to_parquet(OUT / "hf-test.parquet")
    fine, coarse = ClassLabel(names=CLASSES), ClassLabel(names=["insect", "mammal"])
    both = {"img": [pixels(image, 1) for image in range(9)], "fine_label": [image % 3 for image in range(9)],
            "coarse_label": [int(image % 3 == 2) for image in range(9)]}
    Dataset.from_dict(both, features=Features(img=Image(), fine_label=fine, coarse_label=coarse)).to_parquet(OUT / "hf-cifar100.parquet")
    make([pixels(0), pixels(1)], [-1, -1]).to_parquet(OUT / "hf-secret.parquet")
    make([pixels(0), pixels(1)], [0, None]).to_parquet(OUT / "hf-no-label.parquet")
    make([pixels(0), None], [0, 1]).to_parquet(OUT / "hf-no-image.parquet")
    make([np.full((SIDE, SIDE), 300, np.uint16)], [0]).to_parquet(OUT / "hf-sixteen-bits.parquet")
    Dataset.from_dict({"image": [pixels(0).tolist()], "label": [0]}).to_parquet(OUT / "hf-lists.parquet")
    # A path of the machine that writes is in the file as it is: a folder that says nothing of this one.
    folder = pathlib.Path(tempfile.mkdtemp())
    (folder / "0.png").write_bytes(png(0))
    paths = make([str(folder / "0.png")], [0])
    table = paths.data.table
    stored = table.column("image").combine_chunks()
    assert stored.field("bytes").null_count == 1 and stored.field("path")[0].as_py().endswith("0.png")
    renamed = pa.StructArray.from_arrays([stored.field("bytes"), pa.array(["/home/me/0.png"])], ["bytes", "path"])
    pq.write_table(table.set_column(0, table.schema.field(0), renamed), OUT / "hf-paths.parquet")
    shutil.rmtree(folder)


def plain(name, labels=pa.int64(), count=24, image=pa.binary(), **options):
    images = pa.array([png(number) for number in range(count)], image)
    labels = pa.array([number % 3 for number in range(count)], labels)
    struct = pa.StructArray.from_arrays([images, pa.array([f"{number}.png" for number in range(count)])], ["bytes", "path"])
    pq.write_table(pa.table({"image": struct, "label": labels}), OUT / f"{name}.parquet", row_group_size=10, **options)


def with_pyarrow():
    plain("snappy", compression="snappy")
    plain("zstd", pa.int32(), compression="zstd", data_page_version="2.0")
    plain("gzip", pa.uint8(), compression="gzip", use_dictionary=False)
    plain("lz4", compression="lz4", image=pa.large_binary())
    plain("none", compression="none", data_page_size=300, column_encoding={"label": "DELTA_BINARY_PACKED"}, use_dictionary=False)
    plain("brotli", compression="brotli", count=3)
    table = pa.table({"image": [png(0), png(1)], "label": pa.array(["ant", "bee"]).dictionary_encode()})
    pq.write_table(table, OUT / "text-labels.parquet")
    pq.write_table(pa.table({"left": [png(0)], "right": [png(1)], "label": [0]}), OUT / "which-image.parquet")
    pq.write_table(pa.table({"image": [png(0), png(1), png(2)], "label": [0, 2, 7]}), OUT / "gap.parquet")
    pq.write_table(pa.table({"image": [png(0), b"GIF89a"], "label": [0, 1]}), OUT / "no-picture.parquet")
    pq.write_table(pa.table({"image": pa.array([], pa.binary()), "label": pa.array([], pa.int64())}), OUT / "empty.parquet")


    wide = io.BytesIO()
    Pillow.fromarray(np.zeros((SIDE, SIDE + 1), np.uint8)).save(wide, "png")
    pq.write_table(pa.table({"image": [png(0), wide.getvalue()], "label": [0, 1]}), OUT / "two-sizes.parquet")
    # A row in the third group, where the path is no longer the first.
    bytes_ = pa.array([png(number) if number != 11 else None for number in range(12)], pa.binary())
    struct = pa.StructArray.from_arrays([bytes_, pa.array([f"{number}.png" for number in range(12)])], ["bytes", "path"])
    late = pa.table({"image": struct, "label": [number % 3 for number in range(12)]})
    pq.write_table(late, OUT / "late-path.parquet", row_group_size=5)


def main():
    datasets.disable_progress_bars()
    shutil.rmtree(OUT, ignore_errors=True)
    shutil.rmtree(SEEDS, ignore_errors=True)
    OUT.mkdir(parents=True)
    SEEDS.mkdir(parents=True)
    with_datasets()
    with_pyarrow()
    for name in ["hf-test", "hf-cifar100", "zstd", "gzip", "lz4", "none"]:
        shutil.copy(OUT / f"{name}.parquet", SEEDS)


if __name__ == "__main__":
    main()
