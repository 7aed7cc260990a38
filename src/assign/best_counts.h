// Soft clusters and the number of speakers that is wanted in, that many clusters out: the profile "best".
#pragma once

#include <span>
#include <utility>
#include <vector>

#include "assign/speaker_clustering.h"

namespace diar {

/// gamma [n, K]: each embedding's weights, of K clusters; pairs [n]: the window and local speaker of each;
/// space: z [n, L], phi [L]; unit [n, D]: the embeddings themselves, of unit length. Too many clusters: the
/// pair whose union costs the least evidence per effective embedding is merged, until `wanted` are left;
/// clusters of N_a and N_b have N_a N_b / (N_a + N_b) effective embeddings. Too few: among all subtrees of
/// the clusters' centroid linkages, the one whose removal gains the most evidence is split off. The evidence
/// of a cluster of N embeddings with the sum s of rho = z sqrt(phi) is that of VBx at its optimum,
///     E = 1/2 sum_l (a^2 s_l^2 / (1 + a N phi_l) - log(1 + a N phi_l)),  a = Fa / Fb,
/// and in a space without phi, E = |s|^2 / N (Ward). Two local speakers of one window are two people: a union
/// costs more for each window in which both clusters have one. Deterministic. `wanted` in [1, n].
RowMatrix with_clusters(RowMatrix gamma, std::span<const std::pair<std::size_t, std::size_t>> pairs,
                        const PldaSpace& space, const RowMatrixF& unit, int wanted, double fa, double fb,
                        const Pulse& pulse);

}  // namespace diar
