
>
inputPlaceholder*
dtype0*
shape:
B
	input_minConst*
dtype0*!
valueB"'+“Âó”­ÂÓ±Â
B
	input_maxConst*
dtype0*!
valueB"ø×KBû3 BaïgB
b
opRequantizationRangePerChannelinput	input_min	input_max*
T0*
clip_value_max%ÊòIq