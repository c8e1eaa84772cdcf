
9
featuresPlaceholder*
dtype0*
shape
:

opRelu6features*
T0