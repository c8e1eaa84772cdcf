"""Cases of what exported graphs do to images before their first product."""

import numpy as np
from case import case, const, feed, integers, normal, uniform

REALS = ["float", "double", "half", "bfloat16"]
NUMBERS = [*REALS, "int8", "uint8", "int16", "uint16", "int32", "int64"]

# Paddings and resizes that the Graph Transform Tool fused with a convolution.
PADDINGS = [[0, 0], [1, 2], [2, 1], [0, 0]]
for t in REALS:
    case("FusedPadConv2D", f"fusedpadconv2d_{t}", feed(t, normal(1, 5, 6, 3)), const("int32", PADDINGS), const(t, normal(3, 3, 3, 4)), mode="REFLECT", strides=[1, 1, 1, 1], padding="VALID")
case("FusedPadConv2D", "fusedpadconv2d_batch", feed("float", normal(2, 5, 6, 3)), const("int32", PADDINGS), const("float", normal(3, 3, 3, 4)), mode="REFLECT", strides=[1, 1, 1, 1], padding="VALID")
case("FusedPadConv2D", "fusedpadconv2d_symmetric", feed("float", normal(1, 5, 6, 3)), const("int32", PADDINGS), const("float", normal(3, 2, 3, 4)), mode="SYMMETRIC", strides=[1, 2, 2, 1], padding="SAME")
case("FusedPadConv2D", "fusedpadconv2d_fed", feed("float", normal(1, 5, 6, 3)), feed("int32", PADDINGS), feed("float", normal(3, 3, 3, 4)), mode="REFLECT", strides=[1, 1, 1, 1], padding="VALID")
case("FusedPadConv2D", "fusedpadconv2d_wide", feed("float", normal(1, 2, 6, 3)), const("int32", [[0, 0], [2, 2], [0, 0], [0, 0]]), const("float", normal(3, 3, 3, 4)), mode="REFLECT", strides=[1, 1, 1, 1], padding="VALID", error=True)
case("FusedPadConv2D", "fusedpadconv2d_channels", feed("float", normal(1, 5, 6, 2)), const("int32", PADDINGS), const("float", normal(3, 3, 3, 4)), mode="REFLECT", strides=[1, 1, 1, 1], padding="VALID", error=True)
for t in ["float"]:
    case("FusedResizeAndPadConv2D", f"fusedresizeandpadconv2d_{t}", feed(t, normal(1, 4, 3, 2)), const("int32", [6, 5]), const("int32", PADDINGS), const(t, normal(3, 3, 2, 3)), mode="REFLECT", strides=[1, 1, 1, 1], padding="VALID")
case("FusedResizeAndPadConv2D", "fusedresizeandpadconv2d_corners", feed("float", normal(1, 4, 3, 2)), const("int32", [7, 8]), const("int32", PADDINGS), const("float", normal(3, 3, 2, 3)), mode="SYMMETRIC", strides=[1, 2, 2, 1], padding="SAME", resize_align_corners=True)

for t in NUMBERS:
    case("ResizeArea", f"resizearea_{t}", feed(t, uniform(1, 5, 7, 3, high=90)), const("int32", [3, 4]))
for name, shape, size in [("up", (1, 3, 4, 2), [5, 7]), ("same", (1, 3, 4, 3), [3, 4]), ("one", (2, 6, 5, 1), [1, 1]), ("halved", (1, 6, 8, 3), [3, 4]), ("tall", (1, 9, 2, 3), [4, 6]), ("uneven", (1, 11, 13, 5), [7, 3]), ("many", (1, 23, 31, 3), [5, 6])]:
    for corners in [False, True]:
        case("ResizeArea", f"resizearea_{name}{'_corners' * corners}_steps", feed("float", normal(*shape)), const("int32", size), align_corners=corners)
case("ResizeArea", "resizearea_zero", feed("float", normal(1, 3, 4, 2)), const("int32", [0, 2]), error=True)

for kernel in ["lanczos1", "lanczos3", "lanczos5", "gaussian", "box", "triangle", "keyscubic", "mitchellcubic"]:
    for antialias in [False, True]:
        case("ScaleAndTranslate", f"scaleandtranslate_{kernel}{'_antialias' * antialias}", feed("float", normal(1, 9, 7, 3)), const("int32", [4, 11]), const("float", [4 / 9, 11 / 7]), const("float", [0, 0]), kernel_type=kernel, antialias=antialias)
for t in NUMBERS:
    case("ScaleAndTranslate", f"scaleandtranslate_{t}", feed(t, uniform(1, 5, 7, 2, high=90)), const("int32", [3, 4]), const("float", [0.6, 0.5]), const("float", [0, 0]))
case("ScaleAndTranslate", "scaleandtranslate_moved", feed("float", normal(2, 6, 5, 3)), const("int32", [7, 9]), const("float", [1.3, 0.7]), const("float", [-1.25, 2.5]), kernel_type="triangle")
case("ScaleAndTranslate", "scaleandtranslate_fed", feed("float", normal(1, 6, 5, 3)), feed("int32", [7, 4]), feed("float", [1.3, 0.7]), feed("float", [0.5, -0.5]))
case("ScaleAndTranslate", "scaleandtranslate_negative", feed("float", normal(1, 6, 5, 3)), const("int32", [7, 4]), const("float", [-1, 1]), const("float", [0, 0]), error=True)

# Colours
for t in REALS:
    case("RGBToHSV", f"rgbtohsv_{t}{'_steps' * (t in ('float', 'double'))}", feed(t, uniform(4, 5, 3)))
    case("HSVToRGB", f"hsvtorgb_{t}{'_steps' * (t in ('float', 'double'))}", feed(t, uniform(4, 5, 3)))
GREYS = np.array([[0, 0, 0], [1, 1, 1], [0.5, 0.5, 0.5], [1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 0], [0, 1, 1], [1, 0, 1], [-1, -2, -3], [2, 2, 3], [3, 2, 2], [2, 3, 2]])
case("RGBToHSV", "rgbtohsv_greys_steps", feed("float", GREYS))
case("HSVToRGB", "hsvtorgb_greys_steps", feed("float", GREYS))
case("RGBToHSV", "rgbtohsv_two", feed("float", normal(4, 2)), error=True)
for name, shape in [("odd", (5, 7, 3)), ("even", (2, 8, 4, 3)), ("one", (1, 1, 3)), ("grey", (6, 5, 1)), ("three", (3, 1, 2)), ("large", (31, 17, 3))]:
    case("AdjustContrastv2", f"adjustcontrastv2_{name}_steps", feed("float", uniform(*shape)), const("float", 1.7))
case("AdjustContrastv2", "adjustcontrastv2_flat", feed("float", normal(4, 3)), const("float", 2), error=True)
for name, delta in [("small", 0.1), ("back", -0.3), ("whole", 1), ("far", 5.3), ("none", 0)]:
    case("AdjustHue", f"adjusthue_{name}_steps", feed("float", uniform(4, 5, 3)), const("float", delta))
case("AdjustHue", "adjusthue_greys_steps", feed("float", GREYS.reshape(1, -1, 3)), const("float", 0.4))
for name, scale in [("less", 0.3), ("more", 3.1), ("none", 0), ("negative", -1)]:
    case("AdjustSaturation", f"adjustsaturation_{name}_steps", feed("float", uniform(4, 5, 3)), feed("float", scale))
case("AdjustSaturation", "adjustsaturation_greys_steps", feed("float", GREYS.reshape(1, -1, 3)), const("float", 1.4))
case("AdjustHue", "adjusthue_four", feed("float", normal(2, 2, 4)), const("float", 1), error=True)
case("AdjustSaturation", "adjustsaturation_flat", feed("float", normal(2, 3)), const("float", 1), error=True)
