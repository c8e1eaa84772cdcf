
:
inputPlaceholder*
dtype0*
shape:
F
	min_rangeConst*
dtype0*%
valueB"ãË¿Õ4'¼/Â…¾<CÝ¿
F
	max_rangeConst*
dtype0*%
valueB"¾ù@JŸ=@L›3@9t?
Z
op
Dequantizeinput	min_range	max_range*
T0*

axis*
modeMIN_COMBINED