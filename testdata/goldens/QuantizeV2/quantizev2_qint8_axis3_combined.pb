
>
inputPlaceholder*
dtype0*
shape:
>
	min_rangeConst*
dtype0*
valueB"~‹½ö÷ª¿
>
	max_rangeConst*
dtype0*
valueB"½Cô?÷ë@
Z
op
QuantizeV2input	min_range	max_range*
T0*

axis*
modeMIN_COMBINED