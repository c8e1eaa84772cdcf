
>
inputPlaceholder*
dtype0*
shape:
F
	input_minConst*
dtype0*%
valueB"«<™Á&¸³ÁÝ70Âd°aÁ
F
	input_maxConst*
dtype0*%
valueB"h›OBÕçœA/Æ°Afl[A
b
opRequantizationRangePerChannelinput	input_min	input_max*
T0*
clip_value_max%ÊòIq