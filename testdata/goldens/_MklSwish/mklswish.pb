
9
featuresPlaceholder*
dtype0*
shape
:
"
op	_MklSwishfeatures*
T0