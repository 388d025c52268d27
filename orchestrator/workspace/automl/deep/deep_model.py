"""The network of a model on texts or images: built anew, loaded, and asked. Lies beside the model, so it stands alone.

A model answers for a frame: texts with a label or a list of labels, words with a tag each, images (column ``image``, base64 text)
with ``{"labels", "probs"}`` or ``{"boxes": [{"box", "label", "score"}]}``, as the service's models do.
"""

from __future__ import annotations

import base64
import io
import json
from pathlib import Path
from typing import Any

ABOUT = "about.json"
WEIGHTS = "weights.pt"
NETWORK = "network"
IMAGE = "image"
_MEAN, _SPREAD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
_BATCH = 16
_LONGEST = 128


def _load_pyfunc(path: str) -> Any:
    folder = Path(path)
    about = json.loads((folder / ABOUT).read_text(encoding="utf-8"))
    return (TextModel if about["task"].startswith("text_") else ImageModel)(folder, about)


def pixels(data: bytes | str, size: int | None) -> Any:
    """An image as a tensor of shape (3, height, width), 0 to 1; square where a size is given."""
    import numpy
    import torch
    from PIL import Image

    image = Image.open(io.BytesIO(data) if isinstance(data, bytes) else data).convert("RGB")
    image = image.resize((size, size)) if size else image
    return torch.from_numpy(numpy.asarray(image).copy()).permute(2, 0, 1).float() / 255


def normal(batch: Any) -> Any:
    """Images as networks for classes want them."""
    import torch

    mean, spread = torch.tensor(_MEAN).view(3, 1, 1), torch.tensor(_SPREAD).view(3, 1, 1)
    return (batch - mean) / spread


def build(about: dict[str, Any], **pretrained: Any) -> Any:
    """The network for images that ``about`` describes, without weights unless they are asked for."""
    from torch import nn
    from torchvision import models

    name, count = about["network"], len(about["classes"])
    if about["task"].startswith("image_classification"):
        network = models.get_model(name, weights=pretrained.get("weights"))
        head = next(last for last, module in reversed(list(network.named_modules())) if isinstance(module, nn.Linear))
        owner = network.get_submodule(head.rpartition(".")[0]) if "." in head else network
        setattr(owner, head.rpartition(".")[2], nn.Linear(network.get_submodule(head).in_features, count))
        return network
    backbone = pretrained.get("weights")
    sizes = {"min_size": about["size"], "max_size": about["size"] * 2}
    return models.get_model(name, weights=None, weights_backbone=backbone, num_classes=count + 1, **sizes)


def tokens(tokenizer: Any, inputs: list[Any]) -> Any:
    """Texts, or lists of words, for a network."""
    split = bool(inputs) and isinstance(inputs[0], list)
    return tokenizer(
        inputs, is_split_into_words=split, padding=True, truncation=True, max_length=_LONGEST, return_tensors="pt"
    )


def chosen(probabilities: Any, classes: list[str]) -> list[str]:
    """The labels that are more likely than not."""
    return [name for name, value in zip(classes, probabilities, strict=True) if value > 0.5]


class TextModel:
    """A model on texts."""

    def __init__(self, folder: Path, about: dict[str, Any]) -> None:
        import transformers

        self.about = about
        kind = (
            "AutoModelForTokenClassification" if about["task"] == "text_ner" else "AutoModelForSequenceClassification"
        )
        self.tokenizer = transformers.AutoTokenizer.from_pretrained(folder / NETWORK)
        self.network = getattr(transformers, kind).from_pretrained(folder / NETWORK).eval()

    def predict(self, frame: Any, params: Any = None) -> list[Any]:
        """One answer for each row."""
        columns = [name for name in self.about["columns"] if name in frame] or list(frame.columns)
        joined = [". ".join(str(row[name]) for name in columns) for _, row in frame.iterrows()]
        inputs = [text.split() for text in joined] if self.about["task"] == "text_ner" else joined
        found: list[Any] = []
        for start in range(0, len(inputs), _BATCH):
            found += self.answers(inputs[start : start + _BATCH])
        return found

    def answers(self, inputs: list[Any]) -> list[Any]:
        """Answers for texts, or for lists of words."""
        import torch

        batch = tokens(self.tokenizer, inputs)
        with torch.no_grad():
            logits = self.network(**{name: batch[name] for name in batch if name != "token_type_ids"}).logits
        classes = self.about["classes"]
        if self.about["task"] == "text_ner":
            return [
                self._tags(batch.word_ids(row), logits[row].argmax(-1).tolist(), len(words))
                for row, words in enumerate(inputs)
            ]
        if self.about["task"].endswith("multilabel"):
            return [chosen(row, classes) for row in logits.sigmoid().tolist()]
        return [classes[at] for at in logits.argmax(-1).tolist()]

    def _tags(self, places: list[int | None], guesses: list[int], count: int) -> list[str]:
        """The tag of each word: that of its first piece."""
        found = ["O"] * count
        for place, guess in reversed(list(zip(places, guesses, strict=True))):
            if place is not None:
                found[place] = self.about["classes"][guess]
        return found


class ImageModel:
    """A model on images."""

    def __init__(self, folder: Path, about: dict[str, Any]) -> None:
        import torch

        self.about = about
        self.network = build(about)
        self.network.load_state_dict(torch.load(folder / WEIGHTS, weights_only=True))
        self.network.eval()

    def predict(self, frame: Any, params: Any = None) -> list[dict[str, Any]]:
        """One answer for each row."""
        column = IMAGE if IMAGE in frame else frame.columns[0]
        return [self.answer(self._bytes(value)) for value in frame[column]]

    @staticmethod
    def _bytes(value: Any) -> bytes:
        return value if isinstance(value, bytes) else base64.b64decode(value)

    def answer(self, data: bytes) -> dict[str, Any]:
        """The answer for the bytes of a file."""
        import torch

        about = self.about
        with torch.no_grad():
            if about["task"].startswith("image_classification"):
                logits = self.network(normal(pixels(data, about["size"]))[None])[0]
                several = about["task"].endswith("multilabel")
                probabilities = (logits.sigmoid() if several else logits.softmax(-1)).tolist()
                labels = chosen(probabilities, about["classes"]) if several else about["classes"]
                return {"probs": probabilities, "labels": labels}
            image = pixels(data, None)
            return {"boxes": objects(self.network([image])[0], about["classes"], image.shape[-1], image.shape[-2])}


def objects(found: Any, classes: list[str], width: int, height: int) -> list[dict[str, Any]]:
    """Objects as the service's models tell them: places as shares of the image."""
    reported = []
    for at, (box, label, score) in enumerate(
        zip(found["boxes"].tolist(), found["labels"].tolist(), found["scores"].tolist(), strict=True)
    ):
        place = {"topX": box[0] / width, "topY": box[1] / height, "bottomX": box[2] / width, "bottomY": box[3] / height}
        each: dict[str, Any] = {"box": place, "label": classes[label - 1], "score": score}
        if "masks" in found:
            each["polygon"] = [outline(found["masks"][at, 0] > 0.5, width, height)]
        reported.append(each)
    return reported


def outline(mask: Any, width: int, height: int) -> list[float]:
    """The points at the left and the right edge of an object, from top to bottom and back: x and y in turn."""
    left: list[float] = []
    right: list[float] = []
    for row in mask.any(dim=1).nonzero().flatten().tolist():
        columns = mask[row].nonzero().flatten()
        left += [int(columns[0]) / width, row / height]
        right = [(int(columns[-1]) + 1) / width, row / height, *right]
    return [*left, *right]
