
;
tensorPlaceholder*
dtype0*
shape:
5
axisConst*
dtype0*
valueB"þÿÿÿ
2
op	ReverseV2tensoraxis*

Tidx0*
T0