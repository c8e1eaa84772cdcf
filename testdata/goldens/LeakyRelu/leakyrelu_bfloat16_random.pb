
9
featuresPlaceholder*
dtype0*
shape
:
"
op	LeakyRelufeatures*
T0