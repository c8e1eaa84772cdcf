
6
xPlaceholder*
dtype0*
shape:
>
yConst*
dtype0*%
valueB"8C¥?ËŒ?VAÒ?o«?

opMinimumxy*
T0