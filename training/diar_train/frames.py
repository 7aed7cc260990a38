"""The frames of the segmentation network; apart from the network so that simulating needs no PyTorch."""

from __future__ import annotations

# The receptive field of one segmentation frame and the distance of two, in samples.
FRAME_FIELD = 991
FRAME_STEP = 270


def num_frames(num_samples: int) -> int:
    """Frames that the segmentation network gives for so many samples (10 s -> 589)."""
    frames = (num_samples - 251) // 10 + 1
    for kernel in (None, 5, 5):
        if kernel is not None:
            frames -= kernel - 1
        frames //= 3
    return frames
