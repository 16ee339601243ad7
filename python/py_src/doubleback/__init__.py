"""Robustness of image classifiers: training with input gradient regularization, attacks, explanations, audits.

Images are arrays of floats ``[n, channels, height, width]`` in the data's own bounds, whatever a model does to them first.

>>> import doubleback as db
>>> digits = db.data.load("mnist-mini")
>>> model = db.train(digits.x_train[:256], digits.y_train[:256], steps=2, progress=False)
>>> attacked = model.attack(digits.x_test[:4], digits.y_test[:4], db.PGD(eps=0.3, steps=2), progress=False)
>>> attacked.examples.shape
(4, 1, 28, 28)
"""

# The allocator's options come before everything else of the package.
from . import _allocator, attacks, data, defenses, errors, explain, metrics  # noqa: F401
from ._doubleback import __version__, num_threads
from ._explained import Explained
from ._measured import Measured
from ._open import from_functions, load
from ._torch import from_torch
from ._train import Trained, train, train_from
from ._transfer import transfer
from .attacks import (
    APGDCE,
    APGDDLR,
    APGDT,
    BIM,
    CWL2,
    DDN,
    FAB,
    FABT,
    FGSM,
    FMN,
    IFGSM,
    ITGSM,
    JSMA,
    MIFGSM,
    PGD,
    TGSM,
    Attack,
    AutoAttack,
    DeepFool,
    Square,
)
from .defenses import (
    AdversarialTraining,
    Both,
    CertaintySensitivity,
    Defense,
    Distillation,
    DistilledLabel,
    DoubleBackprop,
    Entropy,
    Normal,
    PGDTraining,
    Trades,
)
from .errors import DeviceError, InputError, InternalError, Interrupted, MissingError
from .model import Model
from .results import Attacked, Audit, Transfer

APGD = APGDCE
"""The one that climbs the cross-entropy; ``APGDDLR`` and ``APGDT`` climb the difference of logits ratio."""

__all__ = [
    "APGD",
    "APGDCE",
    "APGDDLR",
    "APGDT",
    "BIM",
    "CWL2",
    "DDN",
    "FAB",
    "FABT",
    "FGSM",
    "FMN",
    "IFGSM",
    "ITGSM",
    "JSMA",
    "MIFGSM",
    "PGD",
    "TGSM",
    "AdversarialTraining",
    "Attack",
    "Attacked",
    "Audit",
    "AutoAttack",
    "Both",
    "CertaintySensitivity",
    "DeepFool",
    "Defense",
    "DeviceError",
    "Distillation",
    "DistilledLabel",
    "DoubleBackprop",
    "Entropy",
    "Explained",
    "InputError",
    "InternalError",
    "Interrupted",
    "Measured",
    "MissingError",
    "Model",
    "Normal",
    "PGDTraining",
    "Square",
    "Trades",
    "Trained",
    "Transfer",
    "__version__",
    "attacks",
    "data",
    "defenses",
    "errors",
    "explain",
    "from_functions",
    "from_torch",
    "load",
    "metrics",
    "num_threads",
    "train",
    "train_from",
    "transfer",
]
