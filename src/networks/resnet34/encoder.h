// A ResNet34 on features in, a speaker encoder on samples out.
#pragma once

#include <memory>

#include "networks/resnet34/network.h"

namespace diar {

/// Kaldi filter banks minus each window's mean, then the network; windows without a mask are not computed.
std::unique_ptr<SpeakerEncoder> make_resnet34_encoder(std::unique_ptr<ResNet34> network);

}  // namespace diar
