
<
predictionsPlaceholder*
dtype0*
shape
:
4
targetsPlaceholder*
dtype0*
shape:
4
opInTopKpredictionstargets*
T0*
k	