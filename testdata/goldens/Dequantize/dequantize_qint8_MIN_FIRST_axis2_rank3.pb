
:
inputPlaceholder*
dtype0*
shape:
F
	min_rangeConst*
dtype0*%
valueB"K‰ø”¶}øƒhòø‹s»ø
F
	max_rangeConst*
dtype0*%
valueB"…‘Å?≠œh?3∆?Ç
?
W
op
Dequantizeinput	min_range	max_range*
T0*

axis*
mode	MIN_FIRST