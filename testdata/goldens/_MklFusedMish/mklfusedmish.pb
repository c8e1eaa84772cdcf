
9
featuresPlaceholder*
dtype0*
shape
:
&
op_MklFusedMishfeatures*
T0