
2
xPlaceholder*
dtype0*
shape
:	

op
FresnelCosx*
T0