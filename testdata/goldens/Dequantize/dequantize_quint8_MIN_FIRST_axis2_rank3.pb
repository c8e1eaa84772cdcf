
:
inputPlaceholder*
dtype0*
shape:
F
	min_rangeConst*
dtype0*%
valueB"­:S¿#à¿§Pº¿}Ç¾¿
F
	max_rangeConst*
dtype0*%
valueB"eA<@PAú?¸?$A!@
W
op
Dequantizeinput	min_range	max_range*
T0*

axis*
mode	MIN_FIRST