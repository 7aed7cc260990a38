"""Network classes that pyannote.audio's own checkpoint loader can build: WeSpeaker ResNet34 at a width other
than 32.
"""

from pyannote.audio.models.embedding.wespeaker import BaseWeSpeakerResNet
from pyannote.audio.models.embedding.wespeaker.resnet import BasicBlock, ResNet


class WeSpeakerResNet34M8(BaseWeSpeakerResNet):
    """pyannote's WeSpeaker wrapper around pyannote's ResNet with m_channels 8; nothing else differs from
    WeSpeakerResNet34.
    """

    def __init__(
        self,
        sample_rate=16000,
        num_channels=1,
        num_mel_bins=80,
        frame_length=25,
        frame_shift=10,
        dither=0.0,
        window_type="hamming",
        use_energy=False,
        task=None,
    ):
        super().__init__(
            sample_rate=sample_rate,
            num_channels=num_channels,
            num_mel_bins=num_mel_bins,
            frame_length=frame_length,
            frame_shift=frame_shift,
            dither=dither,
            window_type=window_type,
            use_energy=use_energy,
            task=task,
        )
        self.resnet = ResNet(
            BasicBlock,
            [3, 4, 6, 3],
            m_channels=8,
            feat_dim=num_mel_bins,
            embed_dim=256,
            pooling_func="TSTP",
            two_emb_layer=False,
        )
