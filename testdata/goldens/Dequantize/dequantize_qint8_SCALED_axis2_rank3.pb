
:
inputPlaceholder*
dtype0*
shape:
F
	min_rangeConst*
dtype0*%
valueB"…¿Ì})¿\¿«_Ù¿
F
	max_rangeConst*
dtype0*%
valueB"6>@ãØ;@ñ5ð?—u@
T
op
Dequantizeinput	min_range	max_range*
T0*

axis*
modeSCALED