"""Networks for images: pretrained where their weights are on this machine, else trained from scratch."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np

from orchestrator.workspace.automl.metrics import score_classes

from .deep_model import ABOUT, WEIGHTS, ImageModel, build, normal, pixels
from .examples import Examples, label_list
from .pretrained import weights_of
from .scores import box_scores, label_scores
from .text import one_hot
from .training import Recipe, train

Say = Callable[[str], None]
_SAME: Final[Mapping[str, str]] = {
    "mobilenetv2": "mobilenet_v2",
    "vitb16r224": "vit_b_16",
    "vitl16r224": "vit_l_16",
    "retinanet_resnet50_fpn": "retinanet_resnet50_fpn",
}
_PLAIN: Final = {
    "image_classification": ("resnet18", 64),
    "image_classification_multilabel": ("resnet18", 64),
    "image_object_detection": ("fasterrcnn_mobilenet_v3_large_320_fpn", 320),
    "image_instance_segmentation": ("maskrcnn_resnet50_fpn", 160),
}
"""Network, and edge of the images in pixels, where a body says nothing."""

_BACKBONES: Final = {
    "fasterrcnn_mobilenet_v3_large_320_fpn": "mobilenet_v3_large",
    "fasterrcnn_resnet50_fpn": "resnet50",
    "maskrcnn_resnet50_fpn": "resnet50",
    "retinanet_resnet50_fpn": "resnet50",
}


class Image:
    """A trial on images.

    Args:
        about: what the model's folder says: ``task``, ``classes``, ``network``, ``size``.
    """

    def __init__(self, about: dict[str, Any], parameters: dict[str, Any], say: Say) -> None:
        self._parameters, self._say = parameters, say
        network, size = _PLAIN[about["task"]]
        asked = str(parameters.get("model_name") or network)
        self.name = network_of(asked, about["task"])
        if self.name.lower() != asked.lower() and asked not in _SAME:
            say(f"{asked} is not done on this machine: {self.name} is trained in its place.")
        edge = (
            parameters.get("training_crop_size") or parameters.get("image_size") or parameters.get("min_size") or size
        )
        self.about = {**about, "network": self.name, "size": int(edge)}
        self._boxes = "classification" not in about["task"]
        self._network: Any = None
        self._seen: dict[str, Any] = {}

    def fit(self, examples: Examples, deadline: float, seed: int) -> None:
        """Train it."""
        import torch

        torch.manual_seed(seed)
        backbone = _BACKBONES.get(self.name, self.name)
        weights = weights_of(backbone)
        if weights is None:
            self._say(f"The weights of {backbone} are not on this machine: the network is trained from scratch.")
        self._network = build(self.about, weights=weights)
        asked = self._parameters
        recipe = Recipe(
            int(asked.get("number_of_epochs") or 15),
            int(asked.get("training_batch_size") or (2 if self._boxes else 16)),
            float(asked.get("learning_rate") or 1e-3),
            deadline,
            seed,
            asked,
        )
        loss = self._box_loss if self._boxes else self._class_loss
        train(self._network, len(examples.inputs), lambda rows: loss(examples.part(rows)), recipe)

    def _pixels(self, path: str) -> Any:
        if path not in self._seen:
            self._seen[path] = pixels(path, None if self._boxes else self.about["size"])
        return self._seen[path]

    def _logits(self, examples: Examples) -> Any:
        import torch

        return self._network(normal(torch.stack([self._pixels(path) for path in examples.inputs])))

    def _several(self) -> bool:
        return str(self.about["task"]).endswith("multilabel")

    def _class_loss(self, examples: Examples) -> Any:
        import torch
        from torch.nn import functional

        classes, logits = self.about["classes"], self._logits(examples)
        if self._several():
            truth = torch.from_numpy(one_hot(map(label_list, examples.labels), classes)).float()
            return functional.binary_cross_entropy_with_logits(logits, truth)
        return functional.cross_entropy(logits, torch.tensor([classes.index(str(label)) for label in examples.labels]))

    def _box_loss(self, examples: Examples) -> Any:
        images = [self._pixels(path) for path in examples.inputs]
        targets = [self._target(image, label) for image, label in zip(images, examples.labels, strict=True)]
        return sum(self._network(images, targets).values())

    def _target(self, image: Any, objects: Any) -> dict[str, Any]:
        import torch

        height, width = image.shape[-2:]
        places = [place_of(each, width, height) for each in objects]
        target = {
            "boxes": torch.tensor(places, dtype=torch.float32).reshape(-1, 4),
            "labels": torch.tensor(
                [self.about["classes"].index(str(each["label"])) + 1 for each in objects], dtype=torch.int64
            ),
        }
        if self.about["task"] == "image_instance_segmentation":
            masks = np.array([mask_of(each, width, height) for each in objects], dtype=np.uint8).reshape(
                -1, height, width
            )
            target["masks"] = torch.from_numpy(masks)
        return target

    def scores(self, examples: Examples) -> dict[str, float]:
        """How it does on examples that it has not learnt from."""
        import torch

        classes = self.about["classes"]
        with torch.no_grad():
            if self._boxes:
                return self._box_scores(examples)
            logits = torch.cat(
                [
                    self._logits(examples.part(range(start, min(start + 16, len(examples.inputs)))))
                    for start in range(0, len(examples.inputs), 16)
                ]
            )
        if self._several():
            return label_scores(one_hot(map(label_list, examples.labels), classes), logits.sigmoid().numpy())
        known = np.array([classes.index(str(label)) for label in examples.labels])
        return score_classes(known, logits.softmax(-1).double().numpy(), classes)

    def _box_scores(self, examples: Examples) -> dict[str, float]:
        truth, found = [], []
        for path, objects in zip(examples.inputs, examples.labels, strict=True):
            image = self._pixels(path)
            truth.append({name: value.numpy() for name, value in self._target(image, objects).items()})
            answer = {name: value.numpy() for name, value in self._network([image])[0].items()}
            found.append({**answer, **({"masks": answer["masks"][:, 0] > 0.5} if "masks" in answer else {})})
        masks = self.about["task"] == "image_instance_segmentation"
        return box_scores(truth, found, len(self.about["classes"]), mask_overlap if masks else None)

    def load(self, folder: Path) -> None:
        """Take what was written into a folder."""
        model = ImageModel(folder, json.loads((folder / ABOUT).read_text(encoding="utf-8")))
        self.about, self._network = model.about, model.network

    def save(self, folder: Path) -> None:
        """Write it into a folder."""
        import torch

        torch.save(self._network.state_dict(), folder / WEIGHTS)
        (folder / ABOUT).write_text(json.dumps(self.about), encoding="utf-8")


def network_of(name: str, task: str) -> str:
    """The network of ``torchvision`` for a name of the service; where there is none, the task's own."""
    from torchvision import models

    known = _SAME.get(name, name).lower()
    if "classification" in task:
        return known if known in models.list_models(module=models) else _PLAIN[task][0]
    start = "maskrcnn" if task == "image_instance_segmentation" else ("fasterrcnn", "retinanet")
    return known if known in _BACKBONES and known.startswith(start) else _PLAIN[task][0]


def place_of(thing: Mapping[str, Any], width: int, height: int) -> list[float]:
    """The box of an object in pixels, of its corners or of its outline, which are shares of the image."""
    if "topX" in thing:
        corners = [float(thing[name]) for name in ("topX", "topY", "bottomX", "bottomY")]
    else:
        points = [point for ring in thing["polygon"] for point in ring]
        corners = [min(points[::2]), min(points[1::2]), max(points[::2]), max(points[1::2])]
    left, top, right, bottom = (edge * size for edge, size in zip(corners, (width, height) * 2, strict=True))
    return [left, top, max(right, left + 1), max(bottom, top + 1)]


def mask_of(thing: Mapping[str, Any], width: int, height: int) -> Any:
    """The pixels of an object, 0 or 1, shape (height, width)."""
    from PIL import Image as Pictures
    from PIL import ImageDraw

    picture = Pictures.new("L", (width, height))
    for ring in thing["polygon"]:
        points = [(float(x) * width, float(y) * height) for x, y in zip(ring[::2], ring[1::2], strict=True)]
        ImageDraw.Draw(picture).polygon(points, outline=1, fill=1)
    return np.asarray(picture)


def mask_overlap(first: Mapping[str, Any], second: Mapping[str, Any]) -> Any:
    """Intersection over union of the pixels of objects: shape (n, m)."""
    one, two = (np.asarray(each["masks"]).reshape(len(each["masks"]), -1).astype(float) for each in (first, second))
    shared = one @ two.T
    return shared / np.maximum(one.sum(1)[:, None] + two.sum(1)[None, :] - shared, 1e-9)
