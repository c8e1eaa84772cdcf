
6
xPlaceholder*
dtype0*
shape:
>
yConst*
dtype0*%
valueB"±Ø’?d(°?oç?ñ.½?

opAddxy*
T0