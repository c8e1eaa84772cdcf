
>
inputPlaceholder*
dtype0*
shape:
G
scalesConst*
dtype0*)
value B"2ÀV>W¡y>áß­=òdZ>(a>
L
zero_pointsConst*
dtype0*)
value B"ýÿÿÿýÿÿÿíÿÿÿöÿÿÿòÿÿÿ
™
opUniformQuantizeinputscaleszero_points*	
Tin0*

Tout0*
quantization_axis*
quantization_max_valZ*
quantization_min_val