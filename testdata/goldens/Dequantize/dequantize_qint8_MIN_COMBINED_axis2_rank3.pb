
:
inputPlaceholder*
dtype0*
shape:
F
	min_rangeConst*
dtype0*%
valueB"¤¿–ëÒ¿´K7¿—F¿
F
	max_rangeConst*
dtype0*%
valueB"¤ @y@¡ñ@–õª?
Z
op
Dequantizeinput	min_range	max_range*
T0*

axis*
modeMIN_COMBINED