
>
inputPlaceholder*
dtype0*
shape:
 
filterConst*
dtype0*
valuexBv"`ïw§=;zû=ˆþG¿R´>ˆWÅ¼Þ£%>Ï÷¾†'7¾("?£«\>v%ž>®Œ>FÜ=$x¾šï¿{‰=FÓ>Ð=¿ƒ#Ë=élì¾Ø(=HY¿7ZÂ>'oÂ>
L
opConv2Dinputfilter*
T0*
paddingSAME*
strides
