#!/usr/bin/env bash
# datasets 5.2.0: `load_dataset("imagefolder", …).to_parquet(file)` writes no image, but the path that each had on this machine.
#
# Expected: a Parquet file that holds the images, as the hub's do and as `push_to_hub` makes them. Seen: `bytes` is null and `path` is that of the folder that
# was read, so the file can be opened here, and nowhere else, nor here once the folder is gone. The same with `Image()` features made of paths. Images that
# are in memory (arrays, Pillow images) are written into the file. A label that is None or -1 is written as it is, in both.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet datasets==5.2.0 pyarrow==26.0.1 pillow==13.0.0 numpy==2.4.6
cat > "$folder/write.py" <<'EOF'
import pathlib
import shutil
import sys

import datasets
import numpy
import pyarrow.parquet as pq
from PIL import Image

datasets.disable_progress_bars()
folder = pathlib.Path(sys.argv[1])
for name in ("cat", "dog"):
    (folder / "images" / name).mkdir(parents=True)
    Image.fromarray(numpy.zeros((8, 8), numpy.uint8)).save(folder / "images" / name / "0.png")
found = datasets.load_dataset("imagefolder", data_dir=str(folder / "images"), split="train", cache_dir=str(folder / "cache"))
found.to_parquet(str(folder / "of-folder.parquet"))
features = datasets.Features(image=datasets.Image(), label=datasets.ClassLabel(names=["cat", "dog"]))
arrays = datasets.Dataset.from_dict({"image": [numpy.zeros((8, 8), numpy.uint8)] * 2, "label": [0, 1]}, features=features)
arrays.to_parquet(str(folder / "of-arrays.parquet"))
for name in ("of-folder", "of-arrays"):
    images = pq.read_table(folder / f"{name}.parquet").column("image").to_pylist()
    print(f"{name}: {sum(image['bytes'] is not None for image in images)} of {len(images)} images are in the file")
shutil.rmtree(folder / "images")
again = datasets.Dataset.from_parquet(str(folder / "of-folder.parquet"), cache_dir=str(folder / "cache-again"))
try:
    again[0]["image"]
    print("the images can be read without their folder")
except FileNotFoundError:
    print("without their folder the images are gone")
EOF
"$folder/venv/bin/python" -c 'import datasets; print("datasets", datasets.__version__)'
said=$(HF_HUB_OFFLINE=1 HOME="$folder" "$folder/venv/bin/python" "$folder/write.py" "$folder/work")
echo "$said"
[ "$said" = "of-folder: 0 of 2 images are in the file
of-arrays: 2 of 2 images are in the file
without their folder the images are gone" ] || { echo "this has changed"; exit 1; }
