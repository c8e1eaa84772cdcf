
:
valuePlaceholder*
dtype0*
shape:
3
opUnpackvalue*
T0*

axis*	
num