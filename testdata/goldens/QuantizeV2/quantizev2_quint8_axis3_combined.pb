
>
inputPlaceholder*
dtype0*
shape:
>
	min_rangeConst*
dtype0*
valueB"g|¸¿l±Û¿
>
	max_rangeConst*
dtype0*
valueB"ÔÎð?^R@
Z
op
QuantizeV2input	min_range	max_range*
T0*

axis*
modeMIN_COMBINED