
>
inputPlaceholder*
dtype0*
shape:
3
scalesPlaceholder*
dtype0*
shape:
8
zero_pointsPlaceholder*
dtype0*
shape:
¨
opUniformDequantizeinputscaleszero_points*	
Tin0*

Tout0*
quantization_axis*
quantization_max_valÿÿÿÿ*#
quantization_min_val€€€€øÿÿÿÿ