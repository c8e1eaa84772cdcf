"""Numeric ops that stand beside the common ones: random numbers of seeds, transforms, histograms."""

import numpy as np
from case import case, const, feed, integers, normal, uniform


for scale in [True, False]:
    case(
        "BatchNormWithGlobalNormalization", f"batchnormglobal_float_{int(scale)}", feed("float", normal(2, 3, 3, 4)), const("float", normal(4)), const("float", uniform(4, low=0.1, high=2)),
        const("float", normal(4)), const("float", normal(4)), variance_epsilon=1e-3, scale_after_normalization=scale, producer=8,
    )
for t in ["float", "bfloat16", "int32", "uint8"]:
    case("Dilation2D", f"dilation2d_{t}_steps", feed(t, integers(1, 5, 6, 2, low=0)), const(t, integers(2, 3, 2, low=0)), strides=[1, 1, 1, 1], rates=[1, 1, 1, 1], padding="VALID")
case("Dilation2D", "dilation2d_same_rates_steps", feed("float", normal(2, 7, 8, 3)), feed("float", normal(3, 3, 3)), strides=[1, 2, 1, 1], rates=[1, 2, 3, 1], padding="SAME")
case("Dilation2D", "dilation2d_nan_steps", feed("float", [[[[np.nan], [1]], [[-np.inf], [-np.inf]]]]), const("float", np.zeros((1, 1, 1))), strides=[1, 1, 1, 1], rates=[1, 1, 1, 1], padding="SAME")
case("Dilation2D", "dilation2d_larger", feed("float", normal(1, 2, 2, 1)), const("float", normal(4, 4, 1)), strides=[1, 1, 1, 1], rates=[1, 1, 1, 1], padding="VALID", error=True)
for t in ["float", "int32"]:
    case("HistogramFixedWidth", f"histogram_{t}_steps", feed(t, integers(40, low=0, high=9)), const(t, [1, 8]), const("int32", 5))
case("HistogramFixedWidth", "histogram_int64_out_steps", feed("float", normal(7, 30)), feed("float", [-1.5, 1]), feed("int32", 7), dtype="int64")
case("HistogramFixedWidth", "histogram_infinite_steps", feed("float", [-np.inf, np.inf, 0, -1, 1, 0.999]), const("float", [-1, 1]), const("int32", 4))
case("HistogramFixedWidth", "histogram_empty_steps", feed("float", np.zeros(0)), const("float", [-1, 1]), const("int32", 4))
case("HistogramFixedWidth", "histogram_nan", feed("float", [np.nan]), const("float", [-1, 1]), const("int32", 4), error=True)
case("HistogramFixedWidth", "histogram_bins", feed("float", [1]), const("float", [0, 1]), const("int32", 0), error=True)
for t in ["int32", "int64"]:
    case("DataFormatVecPermute", f"vecpermute_{t}_steps", feed(t, [1, 2, 3, 4]))
    case("DataFormatDimMap", f"dimmap_{t}_steps", feed(t, [[0, 1, 2], [3, -1, -4]]))
case("DataFormatVecPermute", "vecpermute_pairs_steps", feed("int32", [[0, 1], [2, 3], [4, 5], [6, 7]]), src_format="NCHW", dst_format="NHWC")
case("DataFormatVecPermute", "vecpermute_space_pairs_steps", feed("int32", [[5, 6], [7, 8]]), src_format="NWHC", dst_format="NCHW")
case("DataFormatVecPermute", "vecpermute_volume_steps", feed("int32", [1, 2, 3, 4, 5]), src_format="NDHWC", dst_format="NCDHW")
case("DataFormatVecPermute", "vecpermute_three", feed("int32", [1, 2, 3]), error=True)
case("DataFormatDimMap", "dimmap_volume_steps", feed("int32", 3), src_format="NDHWC", dst_format="NCDHW")
for t in ["float", "half"]:
    case("CumulativeLogsumexp", f"cumlogsumexp_{t}", feed(t, normal(3, 5)), const("int32", 1))
for exclusive in [False, True]:
    for reverse in [False, True]:
        case("CumulativeLogsumexp", f"cumlogsumexp_{int(exclusive)}{int(reverse)}", feed("float", normal(3, 4, 2)), const("int32", -2), exclusive=exclusive, reverse=reverse)
case("CumulativeLogsumexp", "cumlogsumexp_special", feed("float", [[-np.inf, -np.inf, 1, 2, 300], [1, np.inf, 2, 3, 4]]), const("int64", 1))
case("CumulativeLogsumexp", "cumlogsumexp_large", feed("double", [[-1000, 1000, 999.5, -2000, 1000]]), const("int32", 1))
case("CumulativeLogsumexp", "cumlogsumexp_outside", feed("float", normal(2, 2)), const("int32", 2), error=True)
for a in ["float", "bfloat16"]:
    for b in ["float", "bfloat16"]:
        case("SparseMatMul", f"sparsematmul_{a}_{b}", feed(a, integers(3, 5)), feed(b, integers(5, 4)), Ta=a, Tb=b)
case("SparseMatMul", "sparsematmul_transposed", feed("float", normal(5, 3)), const("float", normal(4, 5)), transpose_a=True, transpose_b=True, a_is_sparse=True)
case("SparseMatMul", "sparsematmul_inner", feed("float", normal(3, 5)), const("float", normal(4, 5)), error=True)
for t in ["float", "double"]:
    case("NextAfter", f"nextafter_{t}_steps", feed(t, [0, 0, 1, 1, -1, np.inf, np.nan, 1, 0, 1]), feed(t, [1, -1, 2, -2, 5, 1, 1, np.nan, -0.0, 1]))
for t in ["int8", "uint64"]:
    case("PopulationCount", f"populationcount_{t}_steps", feed(t, [[0, 1, 2, 3], [7, 100, 127, 64]] if t[0] == "u" else [[0, 1, -1, 3], [-7, 100, 127, -128]]))
case("BatchMatrixBandPart", "batchmatrixbandpart_steps", feed("float", normal(2, 4, 5)), const("int64", 1), const("int64", -1))
case("ConjugateTranspose", "conjugatetranspose_float_steps", feed("float", integers(2, 3, 4)), const("int32", [2, 0, 1]))

# Projections of images: a turn with a shift, and one that leaves the image
TURN = [0.8, -0.6, 1.5, 0.6, 0.8, -1.2, 0.01, -0.02]
FAR = [2.5, 0.3, -7, -0.4, 2.2, -6, 0, 0]
for interpolation in ["NEAREST", "BILINEAR"]:
    for mode in ["CONSTANT", "REFLECT", "WRAP", "NEAREST"] if interpolation == "BILINEAR" else ["WRAP"]:
        case(
            "ImageProjectiveTransformV3", f"projective_{interpolation.lower()}_{mode.lower()}_steps", feed("float", normal(2, 5, 6, 2)), const("float", [TURN, FAR]), const("int32", [6, 5]),
            const("float", 0.5), interpolation=interpolation, fill_mode=mode,
        )
for t in ["half", "uint8"]:
    case("ImageProjectiveTransformV2", f"projectivev2_{t}_steps", feed(t, integers(2, 4, 5, 1, low=0, high=200)), feed("float", [TURN]), const("int32", [4, 4]), interpolation="BILINEAR")
case("ImageProjectiveTransformV2", "projectivev2_horizon_steps", feed("float", normal(1, 4, 4, 1)), const("float", [[1, 0, 0, 0, 1, 0, -0.5, -0.5]]), const("int32", [4, 4]), interpolation="NEAREST", fill_mode="NEAREST")
case("ImageProjectiveTransformV2", "projectivev2_one_pixel_steps", feed("float", normal(1, 1, 1, 1)), const("float", [FAR]), const("int32", [3, 3]), interpolation="BILINEAR", fill_mode="WRAP")
case("ImageProjectiveTransformV2", "projectivev2_transforms", feed("float", normal(2, 4, 4, 1)), const("float", normal(3, 8)), const("int32", [4, 4]), interpolation="NEAREST", error=True)
case("ImageProjectiveTransformV2", "projectivev2_size", feed("float", normal(2, 4, 4, 1)), const("float", normal(2, 8)), const("int32", [4, 0]), interpolation="NEAREST", error=True)

# Random numbers: uniform ones and integers are equal, normal ones depend on functions
SEEDS = [[1, 2], [-5, 123456789]]
for t in ["float", "half"]:
    case("StatelessRandomUniform", f"statelessuniform_{t}_1_steps", const("int32", [3, 5]), feed("int32", SEEDS[1]), dtype=t)
    case("StatelessRandomNormal", f"statelessnormal_{t}_1", const("int32", [5, 5]), feed("int64", SEEDS[1]), dtype=t)
    case("StatelessTruncatedNormal", f"statelesstruncated_{t}_1", const("int32", [6, 5]), feed("int64", SEEDS[1]), dtype=t)
for t in ["int32", "int64"]:
    case("StatelessRandomUniformInt", f"statelessint_{t}_1_steps", const("int32", [3, 5]), feed("int64", SEEDS[1]), const(t, -7), const(t, 1000003))
    case("StatelessRandomUniformFullInt", f"statelessfull_{t}_1_steps", const("int64", [11]), feed("int64", SEEDS[1]), dtype=t)
case("StatelessRandomGetKeyCounter", "statelesskey_1_steps", feed("int64", SEEDS[1]))
case("StatelessRandomGetKeyCounterAlg", "statelesskeyalg_1_steps", feed("int32", SEEDS[1]))
case("StatelessRandomUniformInt", "statelessint_wide_steps", const("int32", [9]), feed("int64", SEEDS[0]), const("int32", -2147483648), const("int32", 2147483647))
case("StatelessRandomUniformInt", "statelessint_wide_int64_steps", const("int32", [9]), feed("int64", SEEDS[0]), const("int64", -(2**63)), const("int64", 2**63 - 1))
case("StatelessRandomUniformInt", "statelessint_reversed", const("int32", [9]), feed("int64", SEEDS[0]), const("int32", 3), const("int32", 3), error=True)
case("StatelessRandomUniform", "statelessuniform_empty_steps", const("int32", [0, 5]), feed("int32", SEEDS[0]))
case("StatelessRandomUniform", "statelessuniform_scalar_steps", const("int32", np.zeros(0)), feed("int32", SEEDS[0]))
case("StatelessRandomUniform", "statelessuniform_fed_steps", feed("int64", [2, 3]), feed("int32", SEEDS[0]))
case("StatelessRandomUniform", "statelessuniform_negative", const("int32", [-1]), feed("int32", SEEDS[0]), error=True)
case("StatelessRandomUniform", "statelessuniform_seeds", const("int32", [1]), feed("int32", [1, 2, 3]), error=True)
KEY, COUNTER = [2**64 - 5], [2**64 - 2, 2**64 - 1]
for alg in [1, 3]:
    for t in ["float", "bfloat16"]:
        case("StatelessRandomUniformV2", f"statelessuniformv2_{t}_{alg}_steps", const("int32", [3, 5]), feed("uint64", KEY), feed("uint64", COUNTER), const("int32", alg), dtype=t)
case("StatelessRandomNormalV2", "statelessnormalv2_float", const("int32", [21]), feed("uint64", KEY), feed("uint64", COUNTER), const("int32", 1))
case("StatelessTruncatedNormalV2", "statelesstruncatedv2_float", const("int32", [21]), feed("uint64", KEY), feed("uint64", COUNTER), const("int32", 1))
for t in ["int32", "int64"]:
    case("StatelessRandomUniformIntV2", f"statelessintv2_{t}_steps", const("int32", [3, 5]), feed("uint64", KEY), feed("uint64", COUNTER), const("int32", 1), const(t, -7), const(t, 100))
for t in ["int32", "uint64"]:
    case("StatelessRandomUniformFullIntV2", f"statelessfullv2_{t}_steps", const("int32", [3, 5]), feed("uint64", KEY), feed("uint64", COUNTER), const("int32", 1), dtype=t)
case("StatelessRandomUniformV2", "statelessuniformv2_threefry", const("int32", [3]), feed("uint64", KEY), feed("uint64", COUNTER), const("int32", 2), error=True)
