
B
inputPlaceholder*
dtype0*
shape:
[
filterConst*
dtype0*=
value4B2"e4Ï>c/¿>³á½fx™>ìk6¿¸>l¾
M
opConv3Dinputfilter*
T0*
paddingSAME*
strides	
