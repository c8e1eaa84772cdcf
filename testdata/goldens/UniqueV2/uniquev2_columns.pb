
2
xPlaceholder*
dtype0*
shape
:	
9
axisConst*
dtype0	*
valueB	"ÿÿÿÿÿÿÿÿ
-
opUniqueV2xaxis*
Taxis0	*
T0