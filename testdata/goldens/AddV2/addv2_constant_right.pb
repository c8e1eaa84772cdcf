
6
xPlaceholder*
dtype0*
shape:
>
yConst*
dtype0*%
valueB"zv¥?œtˆ?Ð›?þc—?

opAddV2xy*
T0