
>
inputPlaceholder*
dtype0*
shape:
:
	input_minConst*
dtype0*
valueB"X%`Â
:
	input_maxConst*
dtype0*
valueB"×«¤A
b
opRequantizationRangePerChannelinput	input_min	input_max*
T0*
clip_value_max%ÊòIq