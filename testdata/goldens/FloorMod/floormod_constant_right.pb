
6
xPlaceholder*
dtype0*
shape:
>
yConst*
dtype0*%
valueB"/K®?I¹÷?ôYæ?~½?

opFloorModxy*
T0