
>
inputPlaceholder*
dtype0*
shape:
F
	min_rangeConst*
dtype0*%
valueB"–Ÿ¼¿Ð5¿]*E¿‚ûk¾
F
	max_rangeConst*
dtype0*%
valueB"º é?@3¾4@è@
Z
op
QuantizeV2input	min_range	max_range*
T0*

axis*
modeMIN_COMBINED