
6
inputPlaceholder*
dtype0*
shape
:
9
paddingsPlaceholder*
dtype0*
shape
:
M
op	MirrorPadinputpaddings*
	Tpaddings0*
T0*
mode	REFLECT