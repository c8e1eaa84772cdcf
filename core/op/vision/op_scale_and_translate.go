package vision

import (
	"math"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/elements"
	"github.com/tf2ng/tf2ng/core/internal/enum"
	"github.com/tf2ng/tf2ng/core/internal/infer"
	"github.com/tf2ng/tf2ng/core/internal/interpolate"
	"github.com/tf2ng/tf2ng/core/trait"
)

var _ = core.Register[ScaleAndTranslate]("ScaleAndTranslate")

// ScaleKernel is the function that weights the elements around a position.
type ScaleKernel uint8

// The kernels.
const (
	Lanczos1 ScaleKernel = iota
	Lanczos3
	Lanczos5
	Gaussian
	Box
	Triangle
	KeysCubic
	MitchellCubic
	numScaleKernels
)

var scaleKernelNames = [numScaleKernels]string{
	"Lanczos1", "Lanczos3", "Lanczos5", "Gaussian", "Box", "Triangle", "KeysCubic", "MitchellCubic",
}

// String returns the kernel's name.
func (k ScaleKernel) String() string { return enum.Name(k, scaleKernelNames[:]) }

// MarshalText writes the name, which stands for the ScaleKernel in JSON.
func (k ScaleKernel) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// UnmarshalText parses a kernel's name.
func (k *ScaleKernel) UnmarshalText(b []byte) error {
	return enum.Parse(k, string(b), "kernel", scaleKernelNames[:])
}

// ScaleAndTranslate scales images about their top left corner, moves them, and samples them with a kernel.
//
//	p = (o + 1/2 - translation) / scale, the position of output element o along an axis
//	w[i] = Kernel(|i + 1/2 - p| / width) for elements i within radius*width of p; width = max(1/scale, 1) with
//	       Antialias, else 1
//	y = sum of w[i]*x[i] / sum of w[i]; 0 where p lies outside the image
//
// along the height first, then along the width; in f32, each step rounded. The radius is 1, 3 or 5 of a Lanczos kernel,
// 3/2 of Gaussian, 2 of the cubic ones, and 1 of Box and Triangle.
//
//	Inputs:  x: a number type, [N, H, W, C]
//	         size: i32, [2]: the height and width of the output
//	         scale: f32, [2]
//	         translation: f32, [2]
//	Outputs: y: f32, [N, size..., C]
//
//	C1: Kernel is one of the kernels
//	C2: x is a number of rank 4 with H and W >= 1
//	C3: size is i32 of shape [2], each in [1, 2^24]
//	C4: scale and translation are f32 of shape [2], the scale > 0
//	C5: along each axis, the weights of all elements are at most 2^26
//
// It is TensorFlow's ScaleAndTranslate.
type ScaleAndTranslate struct {
	Kernel    ScaleKernel `json:"kernel"`
	Antialias bool        `json:"antialias,omitempty"`
}

// InputNames names the inputs.
func (op *ScaleAndTranslate) InputNames() []string {
	return []string{"x", "size", "scale", "translation"}
}

// Infer checks C1 to C4.
func (op *ScaleAndTranslate) Infer(in []core.Operand) ([]core.Fact, error) {
	if err := core.WantInputs(in, 4); err != nil {
		return nil, err
	}
	s := in[0].Shape
	if !s.Ranked() {
		s = infer.UnknownShape(4)
	}
	switch {
	case op.Kernel >= numScaleKernels:
		return nil, core.Violation("C1", -1, "unknown kernel %d", op.Kernel)
	case !infer.IsNumber(in[0].Type) || len(s) != 4 || s[1] == 0 || s[2] == 0:
		return nil, core.Violation("C2", 0, "got %v, want numbers of shape [N, H, W, C] with H and W >= 1", in[0].Fact)
	}
	out, err := interpolate.Resized("C3", in, 1, s[0], s[3])
	if err != nil {
		return nil, err
	}
	for i, o := range in[2:] {
		if !o.Type.Compatible(core.F32) || !o.Shape.Compatible(core.Shape{2}) {
			return nil, core.Violation("C4", i+2, "got %v, want f32[2]", o.Fact)
		}
	}
	if in[2].Const != nil {
		if err := checkScales(in[2].Const); err != nil {
			return nil, err
		}
	}
	return []core.Fact{{Type: core.F32, Shape: out}}, nil
}

func checkScales(scale *core.Tensor) error {
	for _, v := range core.Data[float32](scale) {
		if !(v > 0) {
			return core.Violation("C4", 2, "got scale %v, want > 0", v)
		}
	}
	return nil
}

// Widens is true: sums of bf16 and f16 are f32.
func (op *ScaleAndTranslate) Widens() bool { return true }

// BatchInputs is that of an op on each image.
func (op *ScaleAndTranslate) BatchInputs(in []core.Fact, _ core.Shape) []bool {
	return trait.FirstInput(in)
}

// Eval sums along the height into lines, and these along the width.
func (op *ScaleAndTranslate) Eval(in, out []*core.Tensor) error {
	return op.EvalRows(in, out, trait.FloatRows{AddScaled: addScaled})
}

// EvalRows is Eval with functions of rows.
func (op *ScaleAndTranslate) EvalRows(in, out []*core.Tensor, with trait.FloatRows) error {
	if err := elements.Allocate(op, in, out); err != nil {
		return err
	}
	if out[0].Len() == 0 {
		return nil
	}
	s, to := in[0].Shape(), out[0].Shape()
	scale, move := core.Data[float32](in[2]), core.Data[float32](in[3])
	rows, err := op.spans(s[1], to[1], scale[0], move[0])
	if err != nil {
		return err
	}
	columns, err := op.spans(s[2], to[2], scale[1], move[1])
	if err != nil {
		return err
	}
	x, y := in[0].Float32s(), core.Data[float32](out[0])
	c, width, pixels := s[3], s[2]*s[3], to[2]*s[3]
	line, addPixel := make([]float32, width), addScaled
	if c >= longPixel {
		addPixel = with.AddScaled
	}
	for n := range s[0] {
		image := x[n*s[1]*width:][:s[1]*width]
		for o, r := range rows {
			if out[0].Abandoned() {
				return nil
			}
			clear(line)
			for i, w := range r.weights {
				with.AddScaled(line, image[(r.first+i)*width:][:width], w)
			}
			result := y[(n*to[1]+o)*pixels:][:pixels]
			clear(result)
			for k, h := range columns {
				for i, w := range h.weights {
					addPixel(result[k*c:][:c], line[(h.first+i)*c:][:c], w)
				}
			}
		}
	}
	return nil
}

// longPixel is how many channels are worth a call of a function of rows.
const longPixel = 16

func addScaled(y, x []float32, w float32) {
	x = x[:len(y)]
	for i, v := range x {
		y[i] += float32(v * w)
	}
}

// maxWeights bounds the weights of an axis.
const maxWeights = 1 << 26

// spans returns the elements that each of out positions is made of, and their weights. It checks C5.
func (op *ScaleAndTranslate) spans(in, out int, scale, move float32) ([]cover, error) {
	inverse := float32(1 / float64(scale))
	offset := float32(-inverse * move)
	width := float32(1)
	if op.Antialias {
		width = larger(inverse, 1)
	}
	reach := float32(op.Kernel.radius() * width)
	if most := min(2*float64(reach)+2, float64(in)); most*float64(out) > maxWeights {
		return nil, core.Violation("C5", 2, "got scale %v, by which %d elements become %d of up to %v each, "+
			"want at most %d weights", scale, in, out, most, maxWeights)
	}
	list := make([]cover, out)
	for o := range list {
		p := float32((float32(o)+0.5)*inverse) + offset
		if !(p >= 0 && p <= float32(in)) {
			continue
		}
		last := float64(in - 1)
		first := int(max(min(math.Ceil(float64(p-reach-0.5)), last), 0))
		end := int(max(min(math.Floor(float64(p+reach-0.5)), last), 0)) + 1
		c := cover{first: first, weights: make([]float32, max(end-first, 0))}
		var sum float32
		for i := range c.weights {
			at := float32(first+i) + 0.5 - p
			w := op.Kernel.weight(float32(math.Abs(float64(at * (1 / width)))))
			c.weights[i] = w
			sum += w
		}
		if math.Abs(float64(sum)) < 1000*0x1p-126 {
			continue
		}
		for i := range c.weights {
			c.weights[i] *= 1 / sum
		}
		list[o] = c
	}
	return list, nil
}

func (k ScaleKernel) radius() float32 {
	return [numScaleKernels]float32{1, 3, 5, 1.5, 1, 1, 2, 2}[k]
}

// weight returns the kernel at a distance x >= 0.
func (k ScaleKernel) weight(x float32) float32 {
	switch k {
	case Gaussian:
		if x >= 1.5 {
			return 0
		}
		return float32(math.Exp(float64(-x*x) / (2 * 0.5 * 0.5)))
	case Box:
		switch {
		case x < 0.5:
			return 1
		case x == 0.5:
			return 0.5
		}
		return 0
	case Triangle:
		return larger(1-x, 0)
	case KeysCubic:
		switch {
		case x >= 2:
			return 0
		case x >= 1:
			return float32((float32((float32(-0.5*x)+2.5)*x)-4)*x) + 2
		}
		return float32(float32((float32(1.5*x)-2.5)*x)*x) + 1
	case MitchellCubic:
		switch {
		case x >= 2:
			return 0
		case x >= 1:
			return float32((float32((float32(-float32(7.0/18)*x)+2)*x)-float32(10.0/3))*x) + float32(16.0/9)
		}
		return float32(float32((float32(float32(7.0/6)*x)-2)*x)*x) + float32(8.0/9)
	}
	return k.lanczos(x)
}

func (k ScaleKernel) lanczos(x float32) float32 {
	const pi = float32(math.Pi)
	radius := k.radius()
	switch {
	case x > radius:
		return 0
	case float64(x) <= 1e-3:
		return 1
	}
	sin := func(v float32) float32 { return float32(math.Sin(float64(v))) }
	above := float32(float32(radius*sin(pi*x)) * sin(float32(pi*x)/radius))
	return above / float32(float32(float32(pi*pi)*x)*x)
}
