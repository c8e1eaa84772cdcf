"""Ops on images: resizing, crops, patches, transposed convolutions, local response normalization."""

import numpy as np
from case import case, const, feed, integers, normal, uniform


def i32(*v):
    return const("int32", np.array(v, np.int32))


for op in ["ResizeBilinear", "ResizeNearestNeighbor", "ResizeBicubic"]:
    o = op.lower()
    for mode, attrs in [("plain", {}), ("corners", {"align_corners": True}), ("centers", {"half_pixel_centers": True})]:
        for name, shape, size in [("up", (2, 3, 4, 3), (7, 9)), ("down", (1, 8, 9, 2), (3, 4)), ("same", (1, 3, 4, 2), (3, 4)), ("twice", (1, 4, 4, 1), (8, 8)), ("half", (1, 8, 8, 1), (4, 4)), ("to_one", (1, 5, 5, 2), (1, 1)), ("from_one", (1, 1, 1, 2), (3, 4)), ("mixed", (1, 3, 9, 2), (7, 2))]:
            case(op, f"{o}_{mode}_{name}", feed("float", normal(*shape)), i32(*size), **attrs)
    for t in ["uint8", "int8", "int32", "half", "double", "bfloat16", "int64"]:
        if not (op == "ResizeBicubic" and t == "bfloat16"):
            case(op, f"{o}_{t}", feed(t, integers(1, 3, 4, 2, low=0, high=99)), i32(5, 6), half_pixel_centers=True)
    case(op, f"{o}_size_fed", feed("float", normal(1, 3, 4, 2)), feed("int32", [6, 8]))
    case(op, f"{o}_empty_batch", feed("float", normal(0, 3, 4, 2)), i32(6, 8))
    case(op, f"{o}_both", feed("float", normal(1, 3, 4, 2)), i32(6, 8), align_corners=True, half_pixel_centers=True, error=True)
    case(op, f"{o}_zero", feed("float", normal(1, 3, 4, 2)), i32(0, 8), error=True)
    case(op, f"{o}_rank3", feed("float", normal(3, 4, 2)), i32(6, 8), error=True)
    case(op, f"{o}_empty_image", feed("float", normal(1, 0, 4, 2)), i32(6, 8), error=True)

BOXES = [[0, 0, 1, 1], [0.2, 0.1, 0.8, 0.9], [0.9, 0.8, 0.1, 0.2], [-0.5, 0, 1.5, 1], [0.5, 0.5, 0.5, 0.5]]
for method in ["bilinear", "nearest"]:
    for h, w in [(3, 4), (1, 1), (7, 2)]:
        case("CropAndResize", f"cropandresize_{method}_{h}{w}", feed("float", normal(2, 5, 6, 2)), feed("float", BOXES), feed("int32", [0, 1, 0, 1, 0]), i32(h, w), method=method, extrapolation_value=-7.0)
case("CropAndResize", "cropandresize_uint8", feed("uint8", integers(1, 5, 6, 2, low=0, high=255)), const("float", BOXES[:2]), const("int32", [0, 0]), i32(2, 2))
case("CropAndResize", "cropandresize_none", feed("float", normal(1, 5, 6, 2)), const("float", np.zeros((0, 4))), const("int32", np.zeros(0)), i32(2, 2))
case("CropAndResize", "cropandresize_outside", feed("float", normal(1, 5, 6, 2)), const("float", BOXES[:1]), const("int32", [1]), i32(2, 2), error=True)
case("CropAndResize", "cropandresize_zero", feed("float", normal(1, 5, 6, 2)), const("float", BOXES[:1]), const("int32", [0]), i32(0, 2), error=True)

for radius in [0, 1, 2, 5]:
    case("LRN", f"lrn_radius{radius}", feed("float", normal(1, 2, 3, 7)), depth_radius=radius, bias=1.0, alpha=0.3, beta=0.75)
case("LRN", "lrn_alexnet", feed("float", normal(1, 3, 3, 16, scale=9)), depth_radius=5, bias=1.0, alpha=0.0001, beta=0.75)
case("LRN", "lrn_defaults", feed("float", normal(1, 2, 2, 12)))
case("LRN", "lrn_rank3", feed("float", normal(2, 2, 12)), error=True)

for pad in ["SAME", "VALID"]:
    for k, s, r in [((3, 3), (1, 1), (1, 1)), ((2, 3), (2, 2), (1, 1)), ((2, 2), (1, 2), (2, 2))]:
        case("ExtractImagePatches", f"extractimagepatches_{pad}_k{k[0]}{k[1]}_s{s[0]}{s[1]}_r{r[0]}", feed("float", normal(2, 6, 7, 2)), ksizes=[1, *k, 1], strides=[1, *s, 1], rates=[1, *r, 1], padding=pad)
    for k, s in [(2, 2), (3, 2), (3, 1)]:
        for batch in [False, True]:
            case("MaxPoolWithArgmax", f"maxpoolwithargmax_{pad}_k{k}_s{s}_{int(batch)}", feed("float", normal(2, 5, 6, 3)), ksize=[1, k, k, 1], strides=[1, s, s, 1], padding=pad, include_batch_in_index=batch)
    case("MaxPoolV2", f"maxpoolv2_{pad}", feed("float", normal(2, 5, 6, 3)), i32(1, 3, 2, 1), i32(1, 2, 1, 1), padding=pad)
case("MaxPoolWithArgmax", "maxpoolwithargmax_int32", feed("float", normal(1, 4, 4, 1)), ksize=[1, 2, 2, 1], strides=[1, 2, 2, 1], padding="VALID", Targmax="int32")
case("MaxPoolWithArgmax", "maxpoolwithargmax_ties", feed("float", np.ones((1, 4, 4, 1))), ksize=[1, 2, 2, 1], strides=[1, 2, 2, 1], padding="VALID")


def deconv(id, sizes, filters, gradient, op="Conv2DBackpropInput", dtype="float", error=False, fed=False, **attrs):
    n = len(filters) - 2
    attrs = {"strides": [1] * (n + 2), "padding": "SAME"} | attrs
    case(op, id, (feed if fed else const)("int32", np.array(sizes, np.int32)), const(dtype, normal(*filters, scale=0.4)), feed(dtype, normal(*gradient)), error=error, **attrs)


C = "conv2dbackpropinput"
for pad in ["SAME", "VALID"]:
    for k in [(1, 1), (2, 2), (3, 3), (4, 4), (3, 2)]:
        for s in [1, 2, 3]:
            h, w = (4, 5) if pad == "SAME" else (3, 2)
            if pad == "SAME":
                full = (h * s, w * s)
            else:
                full = ((h - 1) * s + k[0], (w - 1) * s + k[1])
            deconv(f"{C}_{pad}_k{k[0]}{k[1]}_s{s}", (2, *full, 3), (*k, 3, 4), (2, h, w, 4), padding=pad, strides=[1, s, s, 1])
deconv(f"{C}_odd", (1, 7, 9, 2), (3, 3, 2, 3), (1, 4, 5, 3), strides=[1, 2, 2, 1])
deconv(f"{C}_odd_valid", (1, 8, 10, 2), (3, 3, 2, 3), (1, 3, 4, 3), strides=[1, 2, 2, 1], padding="VALID")
deconv(f"{C}_strides_differ", (1, 4, 10, 2), (3, 3, 2, 3), (1, 4, 5, 3), strides=[1, 1, 2, 1])
deconv(f"{C}_dilated", (1, 7, 7, 2), (3, 3, 2, 3), (1, 7, 7, 3), dilations=[1, 2, 2, 1])
deconv(f"{C}_explicit", (1, 7, 7, 2), (3, 3, 2, 3), (1, 8, 7, 3), padding="EXPLICIT", explicit_paddings=[0, 0, 1, 2, 1, 1, 0, 0])
deconv(f"{C}_sizes_fed", (2, 6, 8, 3), (2, 2, 3, 4), (2, 3, 4, 4), strides=[1, 2, 2, 1], fed=True)
deconv(f"{C}_two_sizes", (6, 8), (2, 2, 3, 4), (2, 3, 4, 4), strides=[1, 2, 2, 1])
deconv(f"{C}_groups", (1, 4, 4, 6), (3, 3, 2, 3), (1, 4, 4, 3), note="three groups")
deconv(f"{C}_half", (1, 4, 4, 2), (2, 2, 2, 3), (1, 2, 2, 3), strides=[1, 2, 2, 1], dtype="half")
deconv(f"{C}_double", (1, 4, 4, 2), (2, 2, 2, 3), (1, 2, 2, 3), strides=[1, 2, 2, 1], dtype="double")
deconv(f"{C}_wrong_sizes", (1, 9, 9, 2), (2, 2, 2, 3), (1, 2, 2, 3), strides=[1, 2, 2, 1], error=True)
deconv(f"{C}_wrong_batch", (2, 4, 4, 2), (2, 2, 2, 3), (1, 2, 2, 3), strides=[1, 2, 2, 1], error=True)
deconv(f"{C}_wrong_channels", (1, 4, 4, 2), (2, 2, 2, 3), (1, 2, 2, 4), strides=[1, 2, 2, 1], error=True)
D = "Conv3DBackpropInputV2"
for pad in ["SAME", "VALID"]:
    sizes = (1, 4, 6, 4, 2) if pad == "SAME" else (1, 5, 6, 5, 2)
    deconv(f"conv3dbackpropinputv2_{pad}", sizes, (3, 2, 3, 2, 3), (1, 2, 3, 2, 3), op=D, padding=pad, strides=[1, 2, 2, 2, 1])
deconv("conv3dbackpropinputv2_ones", (1, 2, 3, 2, 2), (1, 1, 1, 2, 3), (1, 2, 3, 2, 3), op=D)
