"""Speaker sets as classes, and the loss that does not care which speaker is called first."""

from __future__ import annotations

from itertools import permutations

import torch
import torch.nn.functional as F
from torch import Tensor

# Classes of the segmentation network, as sets of local speakers.
CLASSES = ((), (0,), (1,), (2,), (0, 1), (0, 2), (1, 2))
PERMUTATIONS = tuple(permutations(range(3)))


def to_classes(labels: Tensor) -> Tensor:
    """labels bool [..., 3] -> class index [...]; of three at once only the first two count, since no class
    holds three.
    """
    index = labels[..., 0].long() + 2 * labels[..., 1].long() + 4 * labels[..., 2].long()
    table = torch.tensor([0, 1, 2, 4, 3, 5, 6, 4], device=labels.device)
    return table[index]


def permutation_free_loss(log_probs: Tensor, labels: Tensor) -> Tensor:
    """Cross-entropy under the best order of speakers of each window: log_probs [B, T, 7], labels bool [B, T,
    3] -> scalar.
    """
    losses = []
    for order in PERMUTATIONS:
        targets = to_classes(labels[..., list(order)])
        losses.append(F.nll_loss(log_probs.transpose(1, 2), targets, reduction="none").mean(1))
    return torch.stack(losses).min(0).values.mean()


def class_order(order: tuple[int, ...]) -> list[int]:
    """For a new order of the speakers, where each class finds its old place: new[k] = old[class_order[k]]."""
    index = {members: k for k, members in enumerate(CLASSES)}
    return [index[tuple(sorted(order[member] for member in members))] for members in CLASSES]


def divergences(log_probs: Tensor, teacher_log_probs: Tensor) -> Tensor:
    """Kullback-Leibler divergence of each window from the teacher under its best order of speakers: both [B,
    T, 7] -> [B].
    """
    losses = []
    for order in PERMUTATIONS:
        targets = teacher_log_probs[..., class_order(order)]
        losses.append(F.kl_div(log_probs, targets, reduction="none", log_target=True).sum(-1).mean(-1))
    return torch.stack(losses).min(0).values


def pupil_loss(
    log_probs: Tensor, labels: Tensor, teacher_log_probs: Tensor, labelled: Tensor, share: float
) -> Tensor:
    """Labels and the teacher's answers, the latter with weight `share` and alone in windows that are not
    `labelled` (bool [B]) -> scalar.
    """
    weights = torch.where(labelled, share, 1.0)
    loss = (weights * divergences(log_probs, teacher_log_probs)).mean()
    if share < 1 and labelled.any():
        loss = loss + (1 - share) * labelled.float().mean() * permutation_free_loss(
            log_probs[labelled], labels[labelled]
        )
    return loss


def to_speakers(classes: Tensor) -> Tensor:
    """class index [...] -> bool [..., 3]."""
    table = torch.zeros(len(CLASSES), 3, dtype=torch.bool, device=classes.device)
    for index, members in enumerate(CLASSES):
        table[index, list(members)] = True
    return table[classes]


def frame_errors(log_probs: Tensor, labels: Tensor) -> dict[str, float]:
    """Frame-level missed, false-alarm and confusion rates in parts of the reference speech, best order for
    each window.
    """
    decided = to_speakers(log_probs.argmax(-1))
    total = labels.sum().item()
    missed = (labels.sum(-1) - decided.sum(-1)).clamp_min(0).sum().item()
    false_alarm = (decided.sum(-1) - labels.sum(-1)).clamp_min(0).sum().item()
    shared = torch.minimum(labels.sum(-1), decided.sum(-1)).sum(-1)
    correct = (
        torch.stack([(decided & labels[..., list(order)]).sum((-1, -2)) for order in PERMUTATIONS])
        .max(0)
        .values
    )
    confusion = (shared - correct).clamp_min(0).sum().item()
    return {
        "missed": missed / total,
        "false_alarm": false_alarm / total,
        "confusion": confusion / total,
        "der": (missed + false_alarm + confusion) / total,
    }
