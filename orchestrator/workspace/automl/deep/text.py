"""Networks for texts: a pretrained one where it is on this machine, else a small one that begins with nothing."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np

from orchestrator.workspace.automl.metrics import score_classes

from .deep_model import ABOUT, NETWORK, TextModel, tokens
from .examples import Examples
from .foreseen import DEFAULTS
from .pretrained import folder_of
from .scores import entity_scores, label_scores
from .training import Recipe, train

Say = Callable[[str], None]
_SPECIAL: Final = ("[PAD]", "[UNK]", "[CLS]", "[SEP]")
_VOCABULARY: Final = 8000
_SMALL: Final = {"hidden_size": 128, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 256}
_SCRATCH: Final = {"number_of_epochs": 20, "learning_rate": 1e-3, "training_batch_size": 8}
_TUNED: Final = {"number_of_epochs": 3, "learning_rate": 5e-5, "training_batch_size": 32}
"""Source: CLI v2 YAML reference, automated ML text jobs, training parameters."""


class Text:
    """A trial on texts.

    Args:
        about: what the model's folder says: ``task``, ``classes``, ``columns``.
    """

    def __init__(self, about: dict[str, Any], parameters: dict[str, Any], say: Say) -> None:
        self.about, self._parameters, self._say = about, parameters, say
        self.name = str(parameters.get("model_name") or DEFAULTS["text"])
        self._tokenizer: Any = None
        self._network: Any = None

    def fit(self, examples: Examples, deadline: float, seed: int) -> None:
        """Train it."""
        import torch

        torch.manual_seed(seed)
        defaults = self._made(examples)
        asked = self._parameters
        recipe = Recipe(
            int(asked.get("number_of_epochs") or defaults["number_of_epochs"]),
            int(asked.get("training_batch_size") or defaults["training_batch_size"]),
            float(asked.get("learning_rate") or defaults["learning_rate"]),
            deadline,
            seed,
            asked,
        )
        train(self._network, len(examples.inputs), lambda rows: self._loss(examples.part(rows)), recipe)

    def _made(self, examples: Examples) -> dict[str, Any]:
        """Make tokenizer and network; the defaults of their parameters."""
        import transformers

        ner = self.about["task"] == "text_ner"
        kind = "AutoModelForTokenClassification" if ner else "AutoModelForSequenceClassification"
        auto = getattr(transformers, kind)
        count = len(self.about["classes"])
        place = folder_of(self.name)
        if place is not None:
            self._tokenizer = transformers.AutoTokenizer.from_pretrained(
                place, local_files_only=True, add_prefix_space=True
            )
            self._network = auto.from_pretrained(
                place, local_files_only=True, num_labels=count, ignore_mismatched_sizes=True
            )
            return dict(_TUNED)
        self._say(f"The weights of {self.name} are not on this machine: a small network is trained from scratch.")
        self._tokenizer = _learnt_tokenizer(examples.inputs)
        config = transformers.BertConfig(vocab_size=len(self._tokenizer), num_labels=count, pad_token_id=0, **_SMALL)
        self._network = auto.from_config(config)
        return dict(_SCRATCH)

    def _logits(self, inputs: list[Any]) -> tuple[Any, Any]:
        batch = tokens(self._tokenizer, inputs)
        return batch, self._network(**{name: batch[name] for name in batch if name != "token_type_ids"}).logits

    def _loss(self, examples: Examples) -> Any:
        import torch
        from torch.nn import functional

        batch, logits = self._logits(list(examples.inputs))
        number = {name: at for at, name in enumerate(self.about["classes"])}
        if self.about["task"] == "text_ner":
            requested = [
                _placed(batch.word_ids(row), [number[tag] for tag in tags]) for row, tags in enumerate(examples.labels)
            ]
            return functional.cross_entropy(logits.flatten(0, 1), torch.tensor(requested).flatten(), ignore_index=-100)
        if self.about["task"].endswith("multilabel"):
            truth = torch.from_numpy(one_hot(examples.labels, self.about["classes"])).float()
            return functional.binary_cross_entropy_with_logits(logits, truth)
        return functional.cross_entropy(logits, torch.tensor([number[label] for label in examples.labels]))

    def scores(self, examples: Examples) -> dict[str, float]:
        """How it does on examples that it has not learnt from."""
        import torch

        classes = self.about["classes"]
        if self.about["task"] == "text_ner":
            model = self._asked()
            found = [
                tags
                for start in range(0, len(examples.inputs), 16)
                for tags in model.answers(list(examples.inputs[start : start + 16]))
            ]
            return entity_scores(examples.labels, found)
        with torch.no_grad():
            parts = [
                self._logits(list(examples.inputs[start : start + 16]))[1]
                for start in range(0, len(examples.inputs), 16)
            ]
        logits = torch.cat(parts)
        if self.about["task"].endswith("multilabel"):
            return label_scores(one_hot(examples.labels, classes), logits.sigmoid().numpy())
        known = np.array([classes.index(label) for label in examples.labels])
        return score_classes(known, logits.softmax(-1).double().numpy(), classes)

    def _asked(self) -> TextModel:
        model = TextModel.__new__(TextModel)
        model.about, model.tokenizer, model.network = self.about, self._tokenizer, self._network
        return model

    def load(self, folder: Path) -> None:
        """Take what was written into a folder."""
        model = TextModel(folder, json.loads((folder / ABOUT).read_text(encoding="utf-8")))
        self.about, self._tokenizer, self._network = model.about, model.tokenizer, model.network

    def save(self, folder: Path) -> None:
        """Write it into a folder."""
        self._network.save_pretrained(folder / NETWORK)
        self._tokenizer.save_pretrained(folder / NETWORK)
        (folder / ABOUT).write_text(json.dumps(self.about), encoding="utf-8")


def one_hot(labels: Any, classes: Any) -> Any:
    """Lists of labels as 0 and 1, shape (n, k)."""
    return np.array([[int(name in each) for name in classes] for each in labels])


def _placed(places: list[int | None], tags: list[int]) -> list[int]:
    """The tag of each word at its first piece, and nothing elsewhere."""
    return [-100 if place is None or place in places[:at] else tags[place] for at, place in enumerate(places)]


def _learnt_tokenizer(inputs: Any) -> Any:
    """A tokenizer whose vocabulary is that of the texts."""
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    from tokenizers import BertWordPieceTokenizer
    from transformers import PreTrainedTokenizerFast

    learnt = BertWordPieceTokenizer()
    lines = (" ".join(each) if isinstance(each, list) else each for each in inputs)
    learnt.train_from_iterator(
        lines, vocab_size=_VOCABULARY, min_frequency=1, special_tokens=[*_SPECIAL, "[MASK]"], show_progress=False
    )
    pad, unknown, first, last = _SPECIAL
    # What the trained one adds around a text has to be told again: it was made before the words were known.
    from tokenizers.processors import BertProcessing

    learnt._tokenizer.post_processor = BertProcessing(
        (last, learnt.token_to_id(last)), (first, learnt.token_to_id(first))
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=learnt._tokenizer, pad_token=pad, unk_token=unknown, cls_token=first, sep_token=last
    )
