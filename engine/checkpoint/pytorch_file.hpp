// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <filesystem>

#include "engine/checkpoint/safetensors.hpp"

namespace selfsame {

/// The weights in a file that torch.save wrote (.pt, .pth, .ckpt), of the zip format and of the one before
/// PyTorch 1.6: the tensors of a state dict, or of the one under the key `state_dict` (Lightning),
/// `model_state_dict`, `model`, `params` (KAIR) or `params_ema`, under their names, row-major. Strides and
/// offsets are followed. Entries of the dict that are no tensors are left out. The pickle inside is read as
/// data, never run (pickle.hpp).
///
/// Rules: a pickle of at most 16 MiB; at most 65,536 tensors of 8 dimensions and names of 512 bytes; no
/// tensor has more elements than its storage, and all together no more bytes than four times the file; types
/// F64, F32, F16, BF16, I64, I32, U8 and Bool. Entries' CRC-32 are compared. Errors: Error(kData) with the
/// path and what is wrong; also when the file is absent.
[[nodiscard]] SafetensorsFile open_pytorch_file(const std::filesystem::path& path);

/// Whether a file looks like one of torch.save by its first bytes. Errors: Error(kData) when it is absent.
[[nodiscard]] bool is_pytorch_file(const std::filesystem::path& path);

/// Weights of either format, told apart by their content.
[[nodiscard]] SafetensorsFile open_weights_file(const std::filesystem::path& path);

}  // namespace selfsame
