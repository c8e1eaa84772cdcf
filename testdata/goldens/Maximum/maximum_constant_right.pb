
6
xPlaceholder*
dtype0*
shape:
>
yConst*
dtype0*%
valueB"tMù?N§?rìô?Úˆ´?

opMaximumxy*
T0