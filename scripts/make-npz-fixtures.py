#!/usr/bin/env python3
"""Makes crates/doubleback-data/tests/fixtures/npz, small files as NumPy writes them, and the seeds of the fuzz target `npz`.

Pixel (channel, row, column) of image i is (7 i + 31 channel + 5 row + column) % 251, its label i % 3. Tests read them without Python.
"""
import pathlib
import shutil

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parent.parent
FOLDER, SEEDS = ROOT / "crates/doubleback-data/tests/fixtures/npz", ROOT / "fuzz/seeds/npz"
FOLDER.mkdir(parents=True, exist_ok=True)


def images(count, channels, first=0):
    i, c, h, w = np.ogrid[first:first + count, :channels, :4, :6]
    return ((7 * i + 31 * c + 5 * h + w) % 251).astype(np.uint8), np.arange(first, first + count) % 3


gray, y = images(30, 1)
gray_test, y_test = images(6, 1, 30)
color, _ = images(30, 3)
np.savez_compressed(FOLDER / "parts.npz", x_train=gray[:, 0], y_train=y.astype(np.uint8), x_test=gray_test[:, 0], y_test=y_test.astype(np.uint8))
np.savez(FOLDER / "whole.npz", x=color.transpose(0, 2, 3, 1), y=y, filenames=np.array([f"{i}.png" for i in range(30)]))
np.savez(FOLDER / "fortran.npz", x=np.asfortranarray((color / 255).astype(">f8")), y=y.astype(">i2")[:, None])
np.savez(FOLDER / "named.npz", x=(color / np.float32(255) * 2 - 1).astype(np.float32), y=y.astype(float), classes=["ant", "bee", "Käfer"],
         bounds=[-1, 1], layout="NCHW")
np.savez_compressed(FOLDER / "medmnist.npz", train_images=gray[:, 0], train_labels=y[:, None].astype(np.uint8), val_images=gray_test[:, 0],
                    val_labels=y_test[:, None].astype(np.uint8), test_images=gray_test[:, 0], test_labels=y_test[:, None].astype(np.uint8))
np.savez(FOLDER / "half.npz", x=(gray / 255).astype(np.float16), y=y)
np.savez(FOLDER / "truth.npz", x=gray[:, 0] > 100, y=y.astype(np.int8))
np.savez(FOLDER / "refused-object.npz", x=np.array([image for image in gray], object), y=y)
np.savez(FOLDER / "refused-text.npz", x=gray, y=np.array(["ant", "bee", "cat"])[y])
np.savez(FOLDER / "refused-names.npz", gray, y)
np.save(FOLDER / "refused-single.npz.npy", gray)
(FOLDER / "refused-single.npz.npy").rename(FOLDER / "refused-single.npz")
shutil.rmtree(SEEDS, ignore_errors=True)
SEEDS.mkdir(parents=True)
for name in ("parts", "whole", "fortran", "named", "truth"):
    shutil.copy(FOLDER / f"{name}.npz", SEEDS)
