
>
inputPlaceholder*
dtype0*
shape:
B
	min_rangeConst*
dtype0*!
valueB"ƒ0è¿!K«¿zD†¿
B
	max_rangeConst*
dtype0*!
valueB"`»?-i“?¦Ôÿ?
Z
op
QuantizeV2input	min_range	max_range*
T0*

axis*
modeMIN_COMBINED