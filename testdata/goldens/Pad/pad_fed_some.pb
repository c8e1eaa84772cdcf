
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
4
opPadinputpaddings*
	Tpaddings0*
T0