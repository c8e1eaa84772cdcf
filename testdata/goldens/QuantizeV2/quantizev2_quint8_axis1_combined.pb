
>
inputPlaceholder*
dtype0*
shape:
B
	min_rangeConst*
dtype0*!
valueB"V"¿¹±m¿xQJ¿
B
	max_rangeConst*
dtype0*!
valueB"…´"@äï?ÏZ@
Z
op
QuantizeV2input	min_range	max_range*
T0*

axis*
modeMIN_COMBINED