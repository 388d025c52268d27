"""The loop that trains a network."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from orchestrator.workspace.automl.pool import cores


class OutOfTime(Exception):
    """The time of a trial is up."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a network is trained.

    Attributes:
        epochs: how often it sees each example.
        batch: examples in a step.
        rate: of learning, at its highest.
        deadline: on the monotonic clock.
        asked: the trial's own parameters, by the names of the body.
    """

    epochs: int
    batch: int
    rate: float
    deadline: float
    seed: int
    asked: Mapping[str, Any]


def train(network: Any, count: int, loss_of: Callable[[list[int]], Any], recipe: Recipe) -> None:
    """Train a network.

    Args:
        count: of examples.
        loss_of: the loss of the examples with these numbers.

    Raises:
        OutOfTime: the deadline has passed.
    """
    import torch

    torch.set_num_threads(cores())
    weights = [weight for weight in network.parameters() if weight.requires_grad]
    optimizer = _optimizer(torch, weights, recipe)
    every = max(
        1, int(recipe.asked.get("gradient_accumulation_steps") or recipe.asked.get("gradient_accumulation_step") or 1)
    )
    steps = recipe.epochs * math.ceil(count / recipe.batch)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, _rates(recipe, max(1, steps)))
    network.train()
    for step, rows in enumerate(batches(count, recipe), 1):
        if time.monotonic() > recipe.deadline:
            raise OutOfTime("its time is up")
        (loss_of(rows) / every).backward()
        if step % every == 0 or step == steps:
            torch.nn.utils.clip_grad_norm_(weights, 1.0)
            optimizer.step()
            optimizer.zero_grad()
        schedule.step()
    network.eval()


def batches(count: int, recipe: Recipe) -> Iterator[list[int]]:
    """The numbers of the examples of each step, in another order in each epoch."""
    import numpy as np

    source = np.random.default_rng(recipe.seed)
    for _ in range(recipe.epochs):
        order = source.permutation(count).tolist()
        yield from (order[start : start + recipe.batch] for start in range(0, count, recipe.batch))


def _optimizer(torch: Any, weights: Any, recipe: Recipe) -> Any:
    asked = recipe.asked
    decay = float(asked.get("weight_decay") or 0.0)
    betas = (float(asked.get("beta1") or 0.9), float(asked.get("beta2") or 0.999))
    kind = str(asked.get("optimizer") or "adamw").lower()
    if kind == "sgd":
        momentum = float(asked.get("momentum") or 0.9)
        return torch.optim.SGD(
            weights, recipe.rate, momentum, weight_decay=decay, nesterov=bool(asked.get("nesterov", True))
        )
    made = torch.optim.Adam if kind == "adam" else torch.optim.AdamW
    return made(weights, recipe.rate, betas, weight_decay=decay, amsgrad=bool(asked.get("ams_gradient")))


def _rates(recipe: Recipe, steps: int) -> Callable[[int], float]:
    """The share of the learning rate at each step."""
    kind = str(recipe.asked.get("learning_rate_scheduler") or "linear").lower()
    warm = float(recipe.asked.get("warmup_ratio") or 0.0) * steps

    def share(step: int) -> float:
        if step < warm:
            return step / max(1.0, warm)
        rest = (step - warm) / max(1.0, steps - warm)
        if kind in ("none", "constant", "constant_with_warmup"):
            return 1.0
        if kind == "step":
            epoch, each = step * recipe.epochs / steps, int(recipe.asked.get("step_lr_step_size") or 5)
            return float(math.pow(float(recipe.asked.get("step_lr_gamma") or 0.5), epoch // each))
        return 0.5 * (1 + math.cos(math.pi * rest)) if "cosine" in kind else 1.0 - rest

    return share
