
6
inputPlaceholder*
dtype0*
shape
:
?
opEnsureShapeinput*
T0*
shape:ÿÿÿÿÿÿÿÿÿ